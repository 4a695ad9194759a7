// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/riscv32/start.hpp"
#include "os/boards/virt-rv32/machine.hpp"
#include "os/cpu/riscv32/registers.hpp"

extern "C" std::uint8_t tinyml_stack_guard[];

namespace {

/// Locked, so that they hold for machine mode too: nobody touches the stack's guard, nobody writes
/// what stands for ROM.
void protect() {
  using namespace tinyml;
  using namespace tinyml::riscv32;
  constexpr std::uint32_t kLockedRange = 0x98; // L, naturally aligned power of two
  constexpr std::uint32_t kReadExecute = 0x5;
  constexpr std::uint32_t kGuardLog2 = 5;
  write_csr<Csr::kProtected0>(
      protected_range(reinterpret_cast<std::uintptr_t>(tinyml_stack_guard), kGuardLog2));
  write_csr<Csr::kProtected1>(protected_range(virt::kRomBase, virt::kRomLog2));
  write_csr<Csr::kProtection0>(kLockedRange | ((kLockedRange | kReadExecute) << 8));
}

} // namespace

extern "C" void tinyml_board_start() { protect(); }
