// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/link/symbols.hpp"
#include "service/crashes/crash_report.hpp"

#include <filesystem>
#include <stop_token>

namespace tinyml::service {

/// How sure a frame is.
enum class FrameSource {
  kProgramCounter, ///< where it happened
  kLinkRegister,   ///< the return address register: the caller, unless that has called others since
  kStack,          ///< a word on the stack behind a call instruction: a caller, or one of old
};

struct Frame {
  std::uint64_t address = 0; ///< of the instruction, or of the one after the call
  FrameSource source = FrameSource::kProgramCounter;
  std::string function; ///< "" when no symbol covers the address
  std::uint64_t offset = 0;
  std::string file; ///< "" without debug information
  unsigned line = 0;
};

/// The frames of a crash, innermost first. Candidates that are not behind a call of this program
/// are left out. Without symbols every candidate is a frame without a name.
[[nodiscard]] std::vector<Frame> backtrace(const CrashReport &crash,
                                           const link::ProgramSymbols *symbols);

/// Whether the program ended itself by a trap instruction (abort, a failed check).
[[nodiscard]] bool ended_itself(const CrashReport &crash, const link::ProgramSymbols &symbols);

/// Fills in files and lines by the toolchain's `addr2line`; they stay empty where it is not there.
void add_lines(std::vector<Frame> &frames, const std::string &addr2line,
               const std::filesystem::path &elf, std::stop_token stop);

} // namespace tinyml::service
