// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/armv7m/fault.hpp"
#include "os/cpu/armv7m/registers.hpp"
#include "os/cpu/armv7m/retained.hpp"
#include "os/cpu/armv7m/role.hpp"
#include "os/cpu/armv7m/semihosting.hpp"
#include "os/hal.hpp"

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

void hal::exit(int code) { armv7m::semihosting_exit(code); }

} // namespace tinyml

extern "C" [[noreturn]] void tinyml_board_fault() {
  if (tinyml::armv7m::role() == tinyml::armv7m::Role::kBare) {
    tinyml::hal::exit(tinyml::kFaultExitCode);
  }
  tinyml::reset_because(tinyml::kReasonFault);
}
