// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/xtensa/start.hpp"

#include "os/boards/lx60-lx106/machine.hpp"
#include "os/cpu/xtensa/registers.hpp"
#include "os/cpu/xtensa/retained.hpp"
#include "os/cpu/xtensa/role.hpp"

extern "C" std::uint8_t tinyml_stack_guard[];

namespace tinyml::lx60 {

namespace {

std::uint8_t reset_reason_of_this_start;

/// The bootloader only looks: the reason is the image's to take.
void take_reset_reason() {
  tinyml_retained.validate();
  if (xtensa::role() != xtensa::Role::kBootloader) {
    reset_reason_of_this_start = tinyml_retained.begin_run();
  }
}

/// What the core can: memory in regions of 512 MB, of which only that of the ROM executes, and that
/// of address 0 is not there. It has no read-only memory.
void protect() {
  using xtensa::Access;
  constexpr unsigned kRegions = 8;
  for (unsigned region = 0; region < kRegions; ++region) {
    const bool is_rom = region == kRomBase >> 29;
    const bool is_data = region == 1 || region == kStoreBase >> 29; // RAM; devices and the store
    xtensa::protect_region(region, is_rom    ? Access::kCodeAndData
                                   : is_data ? Access::kData
                                             : Access::kNone);
  }
}

} // namespace

std::uint8_t reset_reason() { return reset_reason_of_this_start; }

} // namespace tinyml::lx60

extern "C" void tinyml_board_start() {
  tinyml::lx60::take_reset_reason();
  tinyml::lx60::protect();
  if (tinyml::xtensa::role() != tinyml::xtensa::Role::kBootloader) {
    tinyml::xtensa::watch(reinterpret_cast<std::uintptr_t>(tinyml_stack_guard));
  }
}
