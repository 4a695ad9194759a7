// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/profile_json.hpp"
#include "protocol/lwm2m/server_values.hpp"

namespace tinyml::lwm2m {

/// The profile a device told by /42769/0. Values that are absent or of a wrong type stay at their
/// default (rule 5 of docs/device-profile.md); an error names what makes the whole unusable.
[[nodiscard]] Expected<OwnedProfile> profile_from_values(const ValueTree &tree);

} // namespace tinyml::lwm2m
