// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tinyml::cli {

/// A linked exec program (device/exec) with its module.
struct BoardProgram {
  std::string board;
  std::filesystem::path elf;
  std::size_t input_bytes = 0; ///< of one inference
  std::size_t output_bytes = 0;
};

struct BoardRun {
  std::vector<std::uint8_t> outputs;
  /// Mean, by the board's cycle counter. Emulated boards run with one nanosecond an instruction, so
  /// this is their instruction count; on hosted boards it is time.
  std::uint64_t nanoseconds_per_inference = 0;
  std::uint64_t stack_bytes = 0; ///< deepest use seen
};

/// Runs every input through the program on the board's emulator, in as many starts as the board's
/// store needs.
[[nodiscard]] Expected<BoardRun> run_on_board(const BoardProgram &program, ByteView inputs,
                                              const std::function<void(std::size_t)> &on_progress);

} // namespace tinyml::cli
