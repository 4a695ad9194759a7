// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::drivers {

/// A 32-bit device register at a fixed address.
template <std::uintptr_t Address> struct Register {
  static std::uint32_t read() { return *reinterpret_cast<volatile std::uint32_t *>(Address); }
  static void write(std::uint32_t value) {
    *reinterpret_cast<volatile std::uint32_t *>(Address) = value;
  }
};

} // namespace tinyml::drivers
