// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/profile_json.hpp"
#include "protocol/lwm2m/server_values.hpp"

namespace tinyml::service {

/// The profile that a device tells in /42769/0 (docs/device-profile.md). What it does not tell
/// stays empty; kInvalidInput when it has no board or numbers that contradict.
[[nodiscard]] Expected<lwm2m::OwnedProfile> read_profile(const lwm2m::ValueTree &tree);

} // namespace tinyml::service
