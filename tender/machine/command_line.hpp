// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "os/hal.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tinyml::tender {

/// What a virtual device is made of.
struct MachineConfig {
  std::string board;             ///< e.g. "mps2-an385" or "linux"
  std::filesystem::path program; ///< the ELF it starts with: a kit's boot.elf, or a bare program
  std::filesystem::path store;   ///< the file behind its non-volatile store; see create_store()
  /// UDP port of the switch its network cable goes to; none: the cable is not plugged in. Hosted
  /// boards use this host's network instead and ignore it.
  std::optional<std::uint16_t> switch_port;
  /// Virtual time counts instructions and nothing else: equal runs give equal counts. Slower.
  bool exact_instruction_counts = false;
  /// A virtual machine that starts again ends instead: boards without an exit say so that they are
  /// done. Bare programs only: they never restart otherwise.
  bool restart_is_end = false;
  /// The program is one of our own tests: it may end with an exit code even where an emulator that
  /// offers that also opens host files for it.
  bool trusted = false;
  /// A debugger may attach at this TCP port of loopback (docs/debugging.md): the machine waits for
  /// it before its first instruction.
  std::optional<std::uint16_t> gdb_port = std::nullopt;
  /// All of a virtual machine's memory, where our own monitor runs it; its default when absent.
  std::optional<std::uint32_t> memory_bytes = std::nullopt;
  /// The UDP port on loopback of a board that is on this host's own network; any free one when
  /// absent.
  std::optional<std::uint16_t> udp_port = std::nullopt;
};

/// The boards that can be started here.
[[nodiscard]] std::vector<std::string> known_boards();
/// What the board's store is made of, as in its store.cpp.
[[nodiscard]] Expected<hal::StoreInfo> store_geometry(std::string_view board);
/// How large the board's store is; kUnsupported names the boards there are.
[[nodiscard]] Expected<std::uint64_t> store_bytes(std::string_view board);
/// How large the file behind it is: some machines only take a file as large as all of the memory
/// that the store is the beginning of.
[[nodiscard]] Expected<std::uint64_t> store_file_bytes(std::string_view board);

/// What this host lacks to run the board however much is installed, and what to do about it; empty
/// when nothing.
[[nodiscard]] std::string missing_hardware(std::string_view board);

/// Flash that the board's own programs cannot write, since its emulator models it as read-only:
/// programmed from outside when the bootloader asks (tender/machine/flash_programmer.hpp).
struct OutsideFlash {
  std::uint32_t address;
  std::uint32_t size_bytes;
  std::uint64_t note_offset; ///< in the store file: where the bootloader's wish lies
};
/// None for boards that program their flash themselves.
[[nodiscard]] std::optional<OutsideFlash> outside_flash(std::string_view board);
/// The file that is the content of such flash, beside the store.
[[nodiscard]] std::filesystem::path flash_file(const MachineConfig &config);

/// Makes a store file of the board's size, erased to 0xFF as a new flash is. Refuses to overwrite.
[[nodiscard]] Expected<void> create_store(std::string_view board,
                                          const std::filesystem::path &path);

/// True when the board also takes a store file that holds every byte inverted (it knows one by the
/// inverted magic of the factory page at its start), so that erased bytes are holes in the file.
[[nodiscard]] bool takes_sparse_store(std::string_view board);

/// The longest store file such a board takes; it uses all of it.
inline constexpr std::uint32_t kLargestStoreBytes = 1U << 30;

/// True when the board's datagrams leave through this host's own loopback and not through a switch.
[[nodiscard]] bool is_on_host_network(std::string_view board);

/// Refuses boards whose flash is written through the emulator's port for debuggers: a second one
/// cannot use it.
[[nodiscard]] Expected<void> check_debugger(std::string_view board);

/// The command of a debugger for a machine with a gdb_port, as a line for a shell: the right
/// program and what it takes to find `symbols`, an ELF file. `sources` is the folder that file
/// names count from. Empty for machines without a debugger.
[[nodiscard]] Expected<std::string> debugger_command(const MachineConfig &config,
                                                     const std::filesystem::path &symbols,
                                                     const std::filesystem::path &sources);

/// The command that runs the machine. Checks that board, program, store and emulator are there;
/// says which Debian package brings a missing emulator.
[[nodiscard]] Expected<std::vector<std::string>> machine_command(const MachineConfig &config);

} // namespace tinyml::tender
