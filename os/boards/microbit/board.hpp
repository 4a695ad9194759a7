// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/hal.hpp"
#include "os/retained.hpp"

/// At the end of RAM, by the linker scripts of images and bootloader.
extern "C" tinyml::Retained tinyml_retained;

namespace tinyml::microbit {

/// Reset reason of this start (hal::BootInfo), decided before anything may reset again.
[[nodiscard]] std::uint8_t reset_reason();

} // namespace tinyml::microbit
