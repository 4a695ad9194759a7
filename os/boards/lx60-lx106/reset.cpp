// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lx60-lx106/machine.hpp"
#include "os/cpu/xtensa/registers.hpp"
#include "os/cpu/xtensa/retained.hpp"
#include "os/cpu/xtensa/role.hpp"
#include "os/cpu/xtensa/start.hpp"
#include "os/hal.hpp"

namespace tinyml {

namespace {

constexpr std::uint32_t kReasonSoftware = 1;
constexpr std::uint32_t kReasonFault = 3;
constexpr int kFaultExitCode = 70;

constinit bool leaving = false;

[[noreturn]] void restart() {
  xtensa::stop_watching();
  for (;;) {
    lx60::Restart::write(lx60::kRestartWord);
  }
}

[[noreturn]] void reset_because(std::uint32_t reason) {
  tinyml_retained.reset_reason = reason;
  restart();
}

/// Of what cannot leave: a program alone starts again (which ends a machine that was started with
/// -no-reboot), everything else stays where it is and says no more.
[[noreturn]] void stay() {
  if (xtensa::role() == xtensa::Role::kBare) {
    restart();
  }
  xtensa::halt();
}

} // namespace

Retained &hal::retained() { return tinyml_retained; }

void hal::reset() { reset_because(kReasonSoftware); }

/// An emulator that offers its services ends with the code. Everywhere else the instruction is not
/// there: a fault, but no mistake.
void hal::exit(int code) {
  leaving = true;
  register int service asm("a2") = 1;
  register int argument asm("a3") = code;
  asm volatile("simcall" : "+r"(service) : "r"(argument) : "memory");
  stay();
}

} // namespace tinyml

extern "C" [[noreturn]] void tinyml_board_fault() {
  if (tinyml::xtensa::role() == tinyml::xtensa::Role::kBare) {
    tinyml::hal::exit(tinyml::kFaultExitCode);
  }
  tinyml::reset_because(tinyml::kReasonFault);
}

extern "C" void tinyml_board_fault_begins() {
  if (tinyml::leaving) {
    tinyml::stay();
  }
}
