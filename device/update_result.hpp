// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/store/boot_state.hpp"
#include "protocol/lwm2m/object_ids.hpp"

namespace tinyml::device {

/// How the update before this start ended, as /5/0/5 reports it. On trial it is not known yet.
[[nodiscard]] lwm2m::UpdateResult result_of(const store::BootState &state);

/// Which result an image that is not accepted leads to.
[[nodiscard]] lwm2m::UpdateResult result_of(image::Error error);

} // namespace tinyml::device
