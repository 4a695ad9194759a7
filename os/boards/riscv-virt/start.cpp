// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/riscv/start.hpp"

#include "os/boards/riscv-virt/family.hpp"
#include "os/cpu/riscv/retained.hpp"
#include "os/cpu/riscv/role.hpp"

namespace tinyml::virt {

namespace {

std::uint8_t reset_reason_of_this_start;

/// The bootloader only looks: the reason is the image's to take.
void take_reset_reason() {
  tinyml_retained.validate();
  if (riscv::role() != riscv::Role::kBootloader) {
    reset_reason_of_this_start = tinyml_retained.begin_run();
  }
}

} // namespace

std::uint8_t reset_reason() { return reset_reason_of_this_start; }

} // namespace tinyml::virt

extern "C" void tinyml_board_start() {
  tinyml::virt::take_reset_reason();
  if (tinyml::riscv::role() != tinyml::riscv::Role::kBootloader) {
    tinyml::virt::protect();
  } else {
    tinyml::virt::unprotect();
  }
}
