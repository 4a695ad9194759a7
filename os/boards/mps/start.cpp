// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/armv7m/start.hpp"

#include "os/boards/mps/family.hpp"
#include "os/cpu/armv7m/cycle_counter.hpp"
#include "os/cpu/armv7m/retained.hpp"
#include "os/cpu/armv7m/role.hpp"

namespace tinyml::mps {

namespace {

constexpr std::uint32_t kFastestBaudDivider = 16;
std::uint8_t reset_reason_of_this_start;

/// The bootloader only looks: the reason is the image's to take.
void take_reset_reason() {
  tinyml_retained.validate();
  if (armv7m::role() != armv7m::Role::kBootloader) {
    reset_reason_of_this_start = tinyml_retained.begin_run();
  }
}

} // namespace

std::uint8_t reset_reason() { return reset_reason_of_this_start; }

} // namespace tinyml::mps

extern "C" void tinyml_board_start() {
  tinyml::mps::Console::start(tinyml::mps::kFastestBaudDivider);
  tinyml::mps::take_reset_reason();
  tinyml::armv7m::start_cycle_counter();
  if (tinyml::armv7m::role() != tinyml::armv7m::Role::kBootloader) {
    tinyml::mps::protect();
  }
}
