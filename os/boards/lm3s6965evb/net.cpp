// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lm3s6965evb/machine.hpp"
#include "os/hal.hpp"

namespace tinyml {

void lm3s::ensure_network() {
  static bool started = false;
  if (!started) {
    started = true;
    Ethernet::start(hal::boot_info().mac);
  }
}

hal::Status hal::net_send(ByteView frame) {
  lm3s::ensure_network();
  return lm3s::Ethernet::send(frame);
}

std::size_t hal::net_receive(ByteSpan buffer) {
  lm3s::ensure_network();
  return lm3s::Ethernet::receive(buffer);
}

} // namespace tinyml
