// SPDX-License-Identifier: Apache-2.0
#include "os/boards/virt-rv32/machine.hpp"
#include "os/cpu/riscv32/start.hpp"
#include "os/hal.hpp"

namespace {

[[noreturn]] void finish(std::uint32_t how) {
  tinyml::virt::Finisher::write(how);
  for (;;) {
    asm volatile("wfi");
  }
}

} // namespace

void tinyml::hal::reset() { finish(virt::kRestart); }

void tinyml::hal::exit(int code) {
  finish(code == 0 ? virt::kFinishGood
                   : virt::kFinishWithCode | (static_cast<std::uint32_t>(code) << 16));
}

extern "C" [[noreturn]] void tinyml_board_fault() {
  constexpr int kFaultExitCode = 70;
  tinyml::hal::exit(kFaultExitCode);
}
