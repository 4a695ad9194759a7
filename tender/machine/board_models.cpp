// SPDX-License-Identifier: Apache-2.0
#include "tender/machine/board_models.hpp"

namespace tinyml::tender {
namespace {

constexpr std::uint64_t kStoreBytes16M = 16ULL << 20;

/// Semihosting ends a program with an exit code. Its calls for host files go to a debugger, which
/// is not there, so that a guest cannot open any.
const std::vector<std::string> kExitBySemihosting = {"-semihosting-config", "enable=on,target=gdb"};

BoardModel mps(std::string_view name, std::string_view machine) {
  return {.name = name,
          .emulator = "qemu-system-arm",
          .package = "qemu-system-arm",
          .machine = machine,
          .store_bytes = kStoreBytes16M,
          .more = kExitBySemihosting};
}

BoardModel riscv_virt(std::string_view name, std::string_view emulator, const char *processor) {
  return {.name = name,
          .emulator = emulator,
          .package = "qemu-system-misc",
          .machine = "virt",
          .store_bytes = 32ULL << 20,
          .more = {"-cpu", processor, "-bios", "none", "-m", "8", "-global",
                   "virtio-mmio.force-legacy=false"},
          .flash_unit = 1,
          .network_device = "virtio-net-device,bus=virtio-mmio-bus.0",
          .loads_program = true,
          .sector_bytes = 256U << 10,
          .program_bytes = 4};
}

std::vector<BoardModel> make_boards() {
  BoardModel an547 = mps("mps3-an547", "mps3-an547,memory-backend=store");
  an547.memory_bytes = 2ULL << 30;
  return {
      {.name = "linux",
       .store_bytes = kStoreBytes16M,
       .takes_sparse_store = true,
       .on_host_network = true},
      {.name = "posix-rtos",
       .store_bytes = 4ULL << 20,
       .hosting_program = "boot.elf",
       .on_host_network = true},
      {.name = "kvm-x86_64",
       .store_bytes = kStoreBytes16M,
       .monitor = "tinyml-monitor",
       .takes_sparse_store = true},
      mps("mps2-an385", "mps2-an385,memory-backend=store"),
      mps("mps2-an386", "mps2-an386,memory-backend=store"),
      mps("mps2-an500", "mps2-an500,memory-backend=store"),
      an547,
      mps("mps2-armv6m", "mps2-an385,memory-backend=store"),
      {.name = "lm3s6965evb",
       .emulator = "qemu-system-arm",
       .package = "qemu-system-arm",
       .machine = "lm3s6965evb",
       .store_bytes = 8ULL << 20,
       .memory_bytes = kStoreBytes16M, // a card's size is a power of two; the note lies in the rest
       .more = kExitBySemihosting,
       .drive = "sd",
       .flash = OutsideFlash{.address = 0x8000, .size_bytes = 224U << 10, .note_offset = 8U << 20},
       .sector_bytes = 512},
      riscv_virt("virt-rv32", "qemu-system-riscv32", "rv32"),
      riscv_virt("virt-rv64v", "qemu-system-riscv64", "rv64,v=true,vlen=128,vext_spec=v1.0"),
      {.name = "microbit",
       .emulator = "qemu-system-arm",
       .package = "qemu-system-arm",
       .machine = "microbit",
       .store_bytes = 232U << 10,
       .sector_bytes = 1024,
       .program_bytes = 4,
       .recovery_bytes = 48U << 10,
       .flash_address = 0x6000},
      {.name = "lx60-lx106",
       .emulator = "qemu-system-xtensa",
       .package = "qemu-system-misc",
       .machine = "lx60-nommu",
       .store_bytes = 4ULL << 20,
       .more = {"-cpu", "lx106"},
       .exit_option = "-semihosting",
       .sector_bytes = 64U << 10,
       .program_bytes = 2},
  };
}

} // namespace

const std::vector<BoardModel> &board_models() {
  static const std::vector<BoardModel> kBoards = make_boards();
  return kBoards;
}

Expected<const BoardModel *> find_board(std::string_view name) {
  for (const BoardModel &board : board_models()) {
    if (board.name == name) {
      return &board;
    }
  }
  std::string known;
  for (const BoardModel &board : board_models()) {
    known += (known.empty() ? "" : ", ") + std::string(board.name);
  }
  return fail(ErrorCode::kUnsupported,
              "no board '" + std::string(name) + "' can be started here; there are: " + known);
}

} // namespace tinyml::tender
