// SPDX-License-Identifier: Apache-2.0
// Images run in user mode, and only what is granted here exists for it. Nothing is locked: locked
// entries would outlive the machine's reset, and the bootloader has to write what an image may not.
#include "os/boards/riscv-virt/family.hpp"
#include "os/cpu/riscv/trap.hpp"

extern "C" std::uint8_t tinyml_stack_guard[];

namespace {

using tinyml::riscv::Access;

constexpr std::uint32_t byte_of(Access access, unsigned entry) {
  return static_cast<std::uint32_t>(access) << (8 * (entry % 4));
}

void grant(std::uint32_t first_four, std::uint32_t next_four) {
  using namespace tinyml::riscv;
  if constexpr (sizeof(Word) == sizeof(std::uint64_t)) {
    write_csr<Csr::kProtection0>(static_cast<Word>(first_four | (std::uint64_t{next_four} << 32)));
  } else {
    write_csr<Csr::kProtection1>(next_four);
    write_csr<Csr::kProtection0>(first_four);
  }
}

} // namespace

void tinyml::virt::unprotect() { grant(0, 0); }

void tinyml::virt::protect() {
  using namespace tinyml::riscv;
  constexpr unsigned kGuardLog2 = 11; // program.ld.in
  write_csr<Csr::kProtected0>(
      protected_range(reinterpret_cast<Word>(tinyml_stack_guard), kGuardLog2));
  write_csr<Csr::kProtected1>(protected_range(kRomBase, kRomLog2));
  write_csr<Csr::kProtected2>(protected_range(kRamBase, kRamLog2));
  write_csr<Csr::kProtected3>(protected_range(kDevicesBase, kDevicesLog2));
  write_csr<Csr::kProtected4>(protected_range(kBootFlashBase, kFlashLog2));
  write_csr<Csr::kProtected5>(protected_range(kStoreBase, kFlashLog2));
  grant(byte_of(Access::kNone, 0) | byte_of(Access::kReadExecute, 1) |
            byte_of(Access::kReadWrite, 2) | byte_of(Access::kReadWrite, 3),
        byte_of(Access::kReadExecute, 4) | byte_of(Access::kReadWrite, 5));
  write_csr<Csr::kUserCounters>(kAllCounters);
  write_csr<Csr::kUserCounters2>(kAllCounters);
  enter_user_mode();
}
