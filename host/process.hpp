// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace tinyml::host {

/// A program to run: no shell is involved, arguments reach it as they are.
struct Command {
  std::vector<std::string> argv;                       ///< argv[0] is looked up in PATH
  std::optional<std::vector<std::string>> environment; ///< "NAME=value"; inherited when absent
  std::filesystem::path working_directory;             ///< ours when empty
  std::chrono::milliseconds timeout{60'000};
  std::uint64_t cpu_limit_s = 0;        ///< RLIMIT_CPU; 0 = no limit
  std::uint64_t memory_limit_bytes = 0; ///< RLIMIT_AS
  std::uint64_t file_limit_bytes = 0;   ///< RLIMIT_FSIZE, per file
  std::size_t output_limit_bytes =
      256 * 1024; ///< of stdout and stderr kept; the rest is read and dropped
};

/// How it ended.
struct Outcome {
  int exit_code = -1; ///< -1 when a signal ended it
  int signal = 0;
  bool timed_out = false;
  bool cancelled = false;
  std::string output; ///< stdout and stderr as they came

  [[nodiscard]] bool succeeded() const { return exit_code == 0; }
  /// "exited with 3", "was killed by signal 9 (Killed)", "took longer than its time limit".
  [[nodiscard]] std::string describe() const;
};

/// Runs the command to its end in a process group of its own; the whole group is killed at the
/// timeout, when `stop` is requested, and when this program dies. kUnavailable when the program is
/// not there.
[[nodiscard]] Expected<Outcome> run(const Command &command, std::stop_token stop = {});

} // namespace tinyml::host
