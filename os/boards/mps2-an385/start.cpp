// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/armv7m/start.hpp"

#include "os/boards/mps2-an385/machine.hpp"
#include "os/cpu/armv7m/cycle_counter.hpp"
#include "os/cpu/armv7m/mpu.hpp"
#include "os/cpu/armv7m/retained.hpp"
#include "os/cpu/armv7m/role.hpp"

extern "C" std::uint8_t tinyml_stack_guard[];

namespace tinyml::mps2 {

namespace {

using armv7m::Access;

constexpr std::uint32_t kFastestBaudDivider = 16;
std::uint8_t reset_reason_of_this_start;

/// Flash is read-only, RAM and store never execute, and everything else, the stack's guard
/// included, is not there: the limits of the device class, enforced.
void protect() {
  armv7m::protect_memory({{kFlashBase, kFlashLog2, Access::kCode},
                          {kRamBase, kRamLog2, Access::kData},
                          {kStoreBase, kStoreLog2, Access::kData},
                          {kPeripheralBase, kPeripheralLog2, Access::kDevice},
                          {reinterpret_cast<std::uint32_t>(tinyml_stack_guard), 5, Access::kNone}});
}

/// The bootloader only looks: the reason is the image's to take.
void take_reset_reason() {
  armv7m::Retained &kept = tinyml_retained;
  if (kept.magic != armv7m::Retained::kMagic || kept.check != ~kept.starts) {
    kept = {};
    kept.magic = armv7m::Retained::kMagic;
  }
  reset_reason_of_this_start = static_cast<std::uint8_t>(kept.reset_reason);
  if (armv7m::role() != armv7m::Role::kBootloader) {
    kept.reset_reason = 0;
    ++kept.starts;
  }
  kept.check = ~kept.starts;
}

} // namespace

std::uint8_t reset_reason() { return reset_reason_of_this_start; }

} // namespace tinyml::mps2

extern "C" void tinyml_board_start() {
  tinyml::mps2::Console::start(tinyml::mps2::kFastestBaudDivider);
  tinyml::mps2::take_reset_reason();
  tinyml::armv7m::start_cycle_counter();
  if (tinyml::armv7m::role() != tinyml::armv7m::Role::kBootloader) {
    tinyml::mps2::protect();
  }
}
