// SPDX-License-Identifier: Apache-2.0
#include "tender/machine/board_models.hpp"

namespace tinyml::tender {
namespace {

namespace fs = std::filesystem;

/// Gdb's words until it is connected and the image's code lies where `symbols` says.
std::string until_image_is_there(const MachineConfig &config, const BoardModel &board,
                                 const std::string &symbols) {
  const std::string connect =
      " -ex 'target remote 127.0.0.1:" + std::to_string(*config.gdb_port) + "'";
  if (!board.hosting_program.empty()) { // its own program to begin with, which loads the image
    const auto host = config.program.parent_path() / board.hosting_program;
    return " '" + host.string() + "'" + connect +
           " -ex 'tbreak tinyml::hosted::run_program' -ex continue -ex 'set confirm off'"
           " -ex 'add-symbol-file " +
           symbols + "' -ex 'set confirm on'";
  }
  // The launcher is another process than the image, which it starts by fork and exec.
  const bool launched =
      board.emulator.empty() && board.monitor.empty() && config.program.filename() == "boot.elf";
  const std::string program = " '" + symbols + "'";
  return launched ? program + " -ex 'set follow-fork-mode child' -ex 'set breakpoint pending on'" +
                        connect + " -ex 'catch exec' -ex continue"
                  : program + connect;
}

} // namespace

Expected<void> check_debugger(std::string_view board) {
  const auto known = find_board(board);
  if (!known) {
    return Failure{known.error()};
  }
  if (!(*known)->flash_address) {
    return {};
  }
  return fail(ErrorCode::kUnsupported,
              "board " + std::string(board) +
                  " cannot be run under a debugger like this: what writes its flash takes the "
                  "emulator's port for debuggers. Start an image under QEMU by hand instead "
                  "(docs/debugging.md says how), or debug on another board");
}

Expected<std::string> debugger_command(const MachineConfig &config,
                                       const std::filesystem::path &symbols,
                                       const std::filesystem::path &sources) {
  const auto board = find_board(config.board);
  if (!board || !config.gdb_port) {
    return board ? Expected<std::string>("") : Failure{board.error()};
  }
  // Debian's gdb knows no Xtensa: the vendor's has to be installed by hand.
  const bool xtensa = (*board)->emulator == "qemu-system-xtensa";
  return std::string(xtensa ? "xtensa-lx106-elf-gdb" : "gdb-multiarch") +
         (sources.empty() ? "" : " -ex 'directory " + sources.string() + "'") +
         until_image_is_there(config, **board, symbols.string()) +
         " -ex 'break tinyml_program' -ex continue";
}

} // namespace tinyml::tender
