// SPDX-License-Identifier: Apache-2.0
#include "os/boards/mps2-an385/machine.hpp"
#include "os/hal.hpp"

namespace tinyml {

void mps2::ensure_network() {
  static bool started = false;
  if (!started) {
    started = Ethernet::start(hal::boot_info().mac);
  }
}

hal::Status hal::net_send(ByteView frame) {
  mps2::ensure_network();
  return mps2::Ethernet::send(frame);
}

std::size_t hal::net_receive(ByteSpan buffer) {
  mps2::ensure_network();
  return mps2::Ethernet::receive(buffer);
}

} // namespace tinyml
