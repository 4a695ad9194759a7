// SPDX-License-Identifier: Apache-2.0
#include "line.hpp"
#include "os/hal.hpp"

void tinyml::hal::console_write(std::string_view text) {
  static constexpr std::uint8_t kTextPacket = '\r';
  microbit::send_packet({&kTextPacket, 1}, as_bytes(text));
}
