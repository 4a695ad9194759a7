// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lx60-lx106/machine.hpp"
#include "os/hal.hpp"

namespace tinyml {

void lx60::ensure_network() {
  static bool started = false;
  if (!started) {
    started = true;
    Ethernet::start(hal::boot_info().mac);
  }
}

hal::Status hal::net_send(ByteView frame) {
  lx60::ensure_network();
  return lx60::Ethernet::send(frame);
}

std::size_t hal::net_receive(ByteSpan buffer) {
  lx60::ensure_network();
  return lx60::Ethernet::receive(buffer);
}

} // namespace tinyml
