// SPDX-License-Identifier: Apache-2.0
#include "line.hpp"
#include "machine.hpp"
#include "os/hal.hpp"

namespace tinyml {

hal::Status hal::net_send(ByteView frame) {
  constexpr std::size_t kShortestPacket = 20; // an IPv4 header
  if (frame.size() < kShortestPacket) {
    return Status::kInvalid;
  }
  microbit::send_packet({}, frame);
  return Status::kOk;
}

std::size_t hal::net_receive(ByteSpan buffer) {
  return microbit::Line::byte_waits() ? microbit::receive_packet(buffer) : 0;
}

} // namespace tinyml
