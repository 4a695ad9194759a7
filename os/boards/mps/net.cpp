// SPDX-License-Identifier: Apache-2.0
#include "os/boards/mps/family.hpp"
#include "os/hal.hpp"

namespace tinyml {

void mps::ensure_network() {
  static bool started = false;
  if (!started) {
    started = Ethernet::start(hal::boot_info().mac);
  }
}

hal::Status hal::net_send(ByteView frame) {
  mps::ensure_network();
  return mps::Ethernet::send(frame);
}

std::size_t hal::net_receive(ByteSpan buffer) {
  mps::ensure_network();
  return mps::Ethernet::receive(buffer);
}

} // namespace tinyml
