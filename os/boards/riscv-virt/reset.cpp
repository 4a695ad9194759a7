// SPDX-License-Identifier: Apache-2.0
#include "os/boards/riscv-virt/family.hpp"
#include "os/cpu/riscv/retained.hpp"
#include "os/cpu/riscv/role.hpp"
#include "os/cpu/riscv/trap.hpp"
#include "os/hal.hpp"

namespace tinyml {

constinit virt::SendProgress virt::send_progress;

namespace {

constexpr std::uint32_t kReasonSoftware = 1;
constexpr std::uint32_t kReasonFault = 3;
constexpr int kFaultExitCode = 70;

/// What was sent leaves before the machine goes: at most about 20 ms.
void let_frames_leave() {
  const virt::SendProgress &frames = virt::send_progress;
  const std::uint32_t start = virt::TimeLow::read();
  while (frames.given != nullptr && *frames.given != *frames.done &&
         virt::TimeLow::read() - start < virt::kTimerHz / 50) {
  }
}

[[noreturn]] void finish(std::uint32_t how) {
  let_frames_leave();
  virt::Finisher::write(how);
  for (;;) { // the machine ends at its next look at its devices
  }
}

[[noreturn]] void reset_because(std::uint32_t reason) {
  tinyml_retained.reset_reason = reason;
  finish(virt::kRestart);
}

} // namespace

Retained &hal::retained() { return tinyml_retained; }

void hal::reset() { reset_because(kReasonSoftware); }

void hal::exit(int code) {
  finish(code == 0 ? virt::kFinishGood
                   : virt::kFinishWithCode | (static_cast<std::uint32_t>(code) << 16));
}

} // namespace tinyml

extern "C" [[noreturn]] void tinyml_board_fault() {
  if (tinyml::riscv::role() == tinyml::riscv::Role::kBare) {
    tinyml::hal::exit(tinyml::kFaultExitCode);
  }
  tinyml::reset_because(tinyml::kReasonFault);
}
