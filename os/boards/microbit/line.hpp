// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

/// The one serial line carries SLIP packets of several kinds (docs/serial-line.md).
namespace tinyml::microbit {

void send_packet(ByteView head, ByteView packet);
/// Waits for the rest of a packet that has begun; returns its length, 0 when it was empty, damaged
/// or did not fit.
[[nodiscard]] std::size_t receive_packet(ByteSpan buffer);

/// Sleeps until a byte comes on the line or the clock's alarm goes off (clock.cpp).
void sleep_until_byte_or_alarm();

} // namespace tinyml::microbit
