// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/object_ids.hpp"

#include <string>

namespace tinyml::service {

/// Why a device did not take an image, for the API (`code`) and for people (`message`).
struct UpdateFailure {
  std::string code;
  std::string message;
};

/// The meaning of /5/0/5 (OMA LwM2M 1.1 core, E.6) and what to do about it.
[[nodiscard]] UpdateFailure explain(lwm2m::UpdateResult result);

} // namespace tinyml::service
