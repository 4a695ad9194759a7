// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tender/machine/command_line.hpp"

/// What each board is to the machine that stands in for it; command_line makes commands of it.
namespace tinyml::tender {

/// A board that an emulator models, or (no emulator) a program of this host.
struct BoardModel {
  std::string_view name;
  std::string_view emulator;
  std::string_view package; ///< Debian's, that brings the emulator
  /// QEMU's name of the machine; with memory-backend=store the store is memory, else flash.
  std::string_view machine;
  std::uint64_t store_bytes;
  /// The memory that the store is the beginning of, where QEMU takes no smaller file; the rest of
  /// the file is a hole.
  std::uint64_t memory_bytes = store_bytes;
  std::vector<std::string> more = {}; ///< options of this machine
  unsigned flash_unit = 0;            ///< which bank the store is, where it is flash
  bool has_network = true;
  std::string_view network_device = {}; ///< empty: the machine has one of its own
  /// How a program may end with a code, where that would let it open files of this host.
  std::string_view exit_option = {};
  /// The program is memory's content and not a "kernel": that this machine would keep for the
  /// firmware it expects in the flash bank. It begins with the program's first instruction.
  bool loads_program = false;
  std::string_view drive = "pflash"; ///< what the store is to the machine, where it is no memory
  std::optional<OutsideFlash> flash = std::nullopt;
  std::uint32_t sector_bytes = 4096; ///< of the store: smallest erase
  std::uint32_t program_bytes = 16;  ///< of the store: smallest write
  /// A program of ours beside the running one, which is bootloader and machine in one.
  std::string_view monitor = {};
  std::uint32_t recovery_bytes = 0; ///< of hal::StoreInfo
  /// The store is in the processor's flash from there on and the network behind a serial line:
  /// tinyml-serial-machine runs the emulator.
  std::optional<std::uint32_t> flash_address = {};
  /// A program of this host that runs the board's programs inside of itself, beside them.
  std::string_view hosting_program = {};
  bool takes_sparse_store = false; ///< see the function of that name
  bool on_host_network = false;
};

/// All that can be started here.
[[nodiscard]] const std::vector<BoardModel> &board_models();
/// kUnsupported names the boards there are.
[[nodiscard]] Expected<const BoardModel *> find_board(std::string_view name);

} // namespace tinyml::tender
