// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/armv7m/start.hpp"

#include "os/boards/lm3s6965evb/machine.hpp"
#include "os/cpu/armv7m/cycle_counter.hpp"
#include "os/cpu/armv7m/mpu.hpp"
#include "os/cpu/armv7m/retained.hpp"
#include "os/cpu/armv7m/role.hpp"

extern "C" std::uint8_t tinyml_stack_guard[];

namespace tinyml::lm3s {

namespace {

constexpr std::uint32_t kBaud115200 = 1736; // 64ths of 16 clock periods
std::uint8_t reset_reason_of_this_start;

/// Flash is read-only, RAM never executes, and everything else, the stack's guard included, is not
/// there.
void protect() {
  using armv7m::Access;
  armv7m::protect_memory({{kFlashBase, kFlashLog2, Access::kCode},
                          {kRamBase, kRamLog2, Access::kData},
                          {kPeripheralBase, kPeripheralLog2, Access::kDevice},
                          {reinterpret_cast<std::uint32_t>(tinyml_stack_guard), 5, Access::kNone}});
}

} // namespace

std::uint8_t reset_reason() { return reset_reason_of_this_start; }

} // namespace tinyml::lm3s

extern "C" void tinyml_board_start() {
  using namespace tinyml;
  lm3s::start_clocks_and_pins();
  lm3s::Console::start(lm3s::kBaud115200);
  tinyml_retained.validate();
  armv7m::start_cycle_counter();
  if (armv7m::role() != armv7m::Role::kBootloader) { // whose reason it is not
    lm3s::reset_reason_of_this_start = tinyml_retained.begin_run();
    lm3s::protect();
  }
}
