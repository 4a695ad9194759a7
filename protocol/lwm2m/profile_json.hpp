// SPDX-License-Identifier: Apache-2.0
// Host only: JSON is for people and the service.
#pragma once

#include "base/error.hpp"
#include "protocol/lwm2m/profile.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

/// The device profile as JSON (docs/device-profile.md). Host only.
namespace tinyml::lwm2m {

template <typename T> using OwningList = std::vector<T>;
using OwnedProfile = BasicProfile<std::string, OwningList>;

inline constexpr int kProfileVersion = 1;

[[nodiscard]] nlohmann::json profile_to_json(const OwnedProfile &profile);

/// Reads a profile; an error names the key that is missing or wrong. Unknown keys are ignored so
/// that an older reader takes a newer profile of the same version.
[[nodiscard]] Expected<OwnedProfile> profile_from_json(const nlohmann::json &json);

/// An owning copy of a device's constant profile.
[[nodiscard]] OwnedProfile own(const Profile &profile);

} // namespace tinyml::lwm2m
