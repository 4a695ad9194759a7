// SPDX-License-Identifier: Apache-2.0
// Host only: starts a board's program as a child process whose console is a file.
#pragma once

#include "host/child.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace tinyml::conformance {

/// A file of the board's build tree.
inline std::string board_file(const std::string &board, const std::string &name) {
  return std::string(TINYML_BOARDS_DIR) + "/" + board + "/" + name;
}

/// The file behind the store: the mps3's machine takes none that is shorter than its memory.
inline std::uint64_t store_file_bytes(const std::string &board) {
  return board == "mps3-an547" ? 2ULL << 30 : 16ULL << 20;
}

/// Starts `program` on the board: the linux board directly, others under QEMU, with `more`
/// arguments.
inline Expected<host::Child> start_board(const std::string &board, const std::string &program,
                                         const std::filesystem::path &store,
                                         const std::filesystem::path &console,
                                         const std::vector<std::string> &more = {}) {
  std::vector<std::string> argv = {board_file(board, program), "--store", store.string()};
  if (board != "linux") {
    argv = {"qemu-system-arm",
            "-M",
            board + ",memory-backend=ps",
            "-object",
            "memory-backend-file,id=ps,size=" + std::to_string(store_file_bytes(board)) +
                ",share=on,mem-path=" + store.string(),
            "-display",
            "none",
            "-monitor",
            "none",
            "-serial",
            "stdio",
            "-semihosting-config",
            "enable=on,target=native",
            "-kernel",
            board_file(board, program)};
  }
  argv.insert(argv.end(), more.begin(), more.end());
  return host::Child::start({.argv = argv, .output_file = console});
}

/// Waits for the end; nothing when it takes longer than a minute.
inline std::optional<int> end_of(host::Child &child) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    if (const auto code = child.ended(); code) {
      return code;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return std::nullopt;
}

} // namespace tinyml::conformance
