// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/decimal.hpp"
#include "os/hal.hpp"

#include <concepts>

/// Short lines for the person at the console.
namespace tinyml::device {

inline void print(std::string_view text) { hal::console_write(text); }

inline void print(std::unsigned_integral auto number) {
  std::uint8_t digits[20];
  ByteWriter out{ByteSpan(digits)};
  put_decimal(out, number);
  hal::console_write(as_text(out.written()));
}

/// Writes its arguments, texts and unsigned numbers, one after the other and ends the line.
template <typename... Parts> void print_line(const Parts &...parts) {
  (print(parts), ...);
  hal::console_write("\n");
}

} // namespace tinyml::device
