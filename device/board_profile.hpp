// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/profile.hpp"

namespace tinyml::device {

/// The board's device profile, as constants; generated from its board.json by board_profile.cmake.
extern const lwm2m::Profile board_profile;

} // namespace tinyml::device
