// SPDX-License-Identifier: Apache-2.0
#include "os/boards/riscv-virt/family.hpp"
#include "os/hal.hpp"

namespace tinyml {

void virt::ensure_network() {
  static bool started = false;
  if (!started) {
    started = true; // also where there is no device: waiting is then for the alarm alone
    EthernetPriority::write(1);
    LinesEnabled::write(1U << kEthernetLine);
    (void)Ethernet::start();
  }
}

hal::Status hal::net_send(ByteView frame) {
  virt::ensure_network();
  return virt::Ethernet::send(frame);
}

std::size_t hal::net_receive(ByteSpan buffer) {
  virt::ensure_network();
  return virt::Ethernet::receive(buffer);
}

} // namespace tinyml
