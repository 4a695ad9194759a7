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
    send_progress = {&Ethernet::send_rings().offered.index, &Ethernet::send_rings().used.index};
    (void)Ethernet::start();
  }
}

/// The device takes frames a little later than it is told of them. Its buffers full, a frame waits
/// for its turn here.
hal::Status hal::net_send(ByteView frame) {
  constexpr unsigned kTries = 200;
  constexpr std::uint32_t kPauseTicks = 1000; // 100 us
  virt::ensure_network();
  Status status = virt::Ethernet::send(frame);
  for (unsigned i = 0; i < kTries && status == Status::kBusy; ++i) {
    virt::pause(kPauseTicks);
    status = virt::Ethernet::send(frame);
  }
  return status;
}

std::size_t hal::net_receive(ByteSpan buffer) {
  virt::ensure_network();
  return virt::Ethernet::receive(buffer);
}

} // namespace tinyml
