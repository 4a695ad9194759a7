// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

namespace tinyml::net {

/// SLIP framing (RFC 1055) for drivers of serial lines: both ways one byte at a time, so that no
/// second packet buffer is needed.
enum SlipByte : std::uint8_t {
  kSlipEnd = 0xC0,
  kSlipEscape = 0xDB,
  kSlipEscEnd = 0xDC,
  kSlipEscEsc = 0xDD
};

/// Collects received bytes into a packet. Packets that are too long or wrongly escaped are dropped
/// whole.
class SlipReceiver {
public:
  explicit SlipReceiver(ByteSpan buffer) : buffer_(buffer) {}

  /// Returns the packet's length when `byte` completes one; it then lies at the buffer's begin
  /// until the next call. 0 otherwise.
  [[nodiscard]] std::size_t push(std::uint8_t byte);

private:
  void store(std::uint8_t byte);

  ByteSpan buffer_;
  std::size_t used_ = 0;
  bool escaped_ = false;
  bool broken_ = false;
};

/// Sends `packet` byte by byte through `put(std::uint8_t)`. Starts with an END too, which flushes
/// line noise at the other end.
template <typename Put> void slip_send(ByteView packet, Put &&put) {
  put(std::uint8_t{kSlipEnd});
  for (const std::uint8_t byte : packet) {
    if (byte == kSlipEnd || byte == kSlipEscape) {
      put(std::uint8_t{kSlipEscape});
      put(byte == kSlipEnd ? std::uint8_t{kSlipEscEnd} : std::uint8_t{kSlipEscEsc});
    } else {
      put(byte);
    }
  }
  put(std::uint8_t{kSlipEnd});
}

} // namespace tinyml::net
