// SPDX-License-Identifier: Apache-2.0
#include "line.hpp"

#include "machine.hpp"
#include "os/net/slip.hpp"

namespace tinyml::microbit {

namespace {

/// For a whole packet: the longest takes a seventh of a second at 115200 baud. An emulator whose
/// host is busy takes six bytes each time it gets its turn, and a packet that is given up because
/// of that would not come through when it is sent again either.
constexpr std::uint32_t kPacketTicks = 10 * Clock::kHz;

/// A look is cheaper than a sleep.
bool next_byte_comes() {
  constexpr int kLooks = 16;
  for (int look = 0; look < kLooks; ++look) {
    if (Line::byte_waits()) {
      return true;
    }
  }
  while (!Line::byte_waits()) {
    if (Clock::alarm_reached()) {
      return false;
    }
    sleep_until_byte_or_alarm();
  }
  return true;
}

void put_escaped(ByteView bytes) {
  for (std::uint8_t byte : bytes) {
    if (byte == net::kSlipEnd || byte == net::kSlipEscape) {
      Line::put(net::kSlipEscape);
      byte = byte == net::kSlipEnd ? net::kSlipEscEnd : net::kSlipEscEsc;
    }
    Line::put(byte);
  }
}

} // namespace

void send_packet(ByteView head, ByteView packet) {
  Line::put(net::kSlipEnd);
  put_escaped(head);
  put_escaped(packet);
  Line::put(net::kSlipEnd);
}

std::size_t receive_packet(ByteSpan buffer) {
  net::SlipReceiver receiver(buffer);
  Clock::alarm_at(Clock::ticks() + kPacketTicks);
  while (next_byte_comes()) {
    if (const std::size_t size = receiver.push(Line::take()); size != 0) {
      return size;
    }
  }
  return 0;
}

} // namespace tinyml::microbit
