// SPDX-License-Identifier: Apache-2.0
#include "board.hpp"
#include "line.hpp"
#include "os/cpu/armv7m/fault.hpp"
#include "os/cpu/armv7m/registers.hpp"
#include "os/cpu/armv7m/role.hpp"

namespace tinyml {

namespace {

constexpr std::uint32_t kReasonSoftware = 1;
constexpr std::uint32_t kReasonFault = 3;
constexpr int kFaultExitCode = 70;

[[noreturn]] void reset_because(std::uint32_t reason) {
  tinyml_retained.reset_reason = reason;
  armv7m::barrier();
  armv7m::ApplicationReset::write(armv7m::kSystemResetRequest);
  for (;;) {
    armv7m::barrier();
  }
}

} // namespace

Retained &hal::retained() { return tinyml_retained; }

void hal::reset() { reset_because(kReasonSoftware); }

/// Nobody but the other end of the line can switch this board off.
void hal::exit(int code) {
  constexpr std::uint8_t kEndPacket = 0x04; // end of transmission
  const std::uint8_t packet[] = {kEndPacket, static_cast<std::uint8_t>(code)};
  microbit::send_packet(packet, {});
  for (;;) {
    asm volatile("wfi");
  }
}

} // namespace tinyml

extern "C" [[noreturn]] void tinyml_board_fault() {
  if (tinyml::armv7m::role() == tinyml::armv7m::Role::kBare) {
    tinyml::hal::exit(tinyml::kFaultExitCode);
  }
  tinyml::reset_because(tinyml::kReasonFault);
}
