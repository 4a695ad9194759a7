// SPDX-License-Identifier: Apache-2.0
#include "service/crashes/backtrace.hpp"

#include "host/process.hpp"
#include "protocol/diagnostics/call_site.hpp"

#include <charconv>
#include <fmt/format.h>
#include <sstream>

namespace tinyml::service {
namespace {

using diagnostics::Architecture;
using diagnostics::kCallBytes;

bool follows_call(Architecture architecture, const std::uint8_t *end) {
  switch (architecture) {
  case Architecture::kArm:
    return diagnostics::follows_call<Architecture::kArm>(end);
  case Architecture::kRiscv:
    return diagnostics::follows_call<Architecture::kRiscv>(end);
  case Architecture::kX86_64:
    return diagnostics::follows_call<Architecture::kX86_64>(end);
  case Architecture::kXtensa:
    return diagnostics::follows_call<Architecture::kXtensa>(end);
  case Architecture::kUnknown:
    break;
  }
  return false;
}

bool may_return_to(std::uint64_t address, Architecture architecture,
                   const link::ProgramSymbols *symbols) {
  if (symbols == nullptr) {
    return address != 0;
  }
  const ByteView before =
      address < kCallBytes ? ByteView() : symbols->code_at(address - kCallBytes, kCallBytes);
  return !before.empty() && follows_call(architecture, before.data() + kCallBytes);
}

Frame frame_at(std::uint64_t address, FrameSource source, const link::ProgramSymbols *symbols) {
  Frame frame{.address = address, .source = source};
  // A call may be a function's last instruction: the caller is where the call is.
  const std::uint64_t inside = source == FrameSource::kProgramCounter ? address : address - 1;
  const auto *function = symbols == nullptr ? nullptr : symbols->function_at(inside);
  if (function != nullptr) {
    frame.function = link::readable_name(function->name);
    frame.offset = address - function->address;
  }
  return frame;
}

/// "file.cpp:12" or "file.cpp:12 (discriminator 3)" as addr2line tells it; "??:0" is nothing.
void take_line(const std::string &text, Frame &frame) {
  const std::size_t colon = text.rfind(':', text.find(" ("));
  if (colon == std::string::npos || text.starts_with("??")) {
    return;
  }
  unsigned line = 0;
  const char *digits = text.data() + colon + 1;
  if (std::from_chars(digits, text.data() + text.size(), line).ec == std::errc{} && line != 0) {
    frame.file =
        text.substr(text.starts_with("./") ? 2 : 0, colon - (text.starts_with("./") ? 2 : 0));
    frame.line = line;
  }
}

} // namespace

std::vector<Frame> backtrace(const CrashReport &crash, const link::ProgramSymbols *symbols) {
  std::vector<Frame> frames = {frame_at(crash.pc, FrameSource::kProgramCounter, symbols)};
  const bool thumb = crash.architecture == Architecture::kArm;
  const std::uint64_t link =
      thumb ? crash.return_address & ~std::uint64_t{1} : crash.return_address;
  if (may_return_to(link, crash.architecture, symbols)) {
    frames.push_back(frame_at(link, FrameSource::kLinkRegister, symbols));
  }
  for (const std::uint64_t call : crash.calls) {
    if (call != frames.back().address && may_return_to(call, crash.architecture, symbols)) {
      frames.push_back(frame_at(call, FrameSource::kStack, symbols));
    }
  }
  return frames;
}

bool ended_itself(const CrashReport &crash, const link::ProgramSymbols &symbols) {
  constexpr std::size_t kTrapBytes = 2;
  const ByteView code = symbols.code_at(crash.pc, kTrapBytes);
  if (code.empty()) {
    return false;
  }
  const auto instruction = load_le<std::uint16_t>(code.data());
  return (crash.architecture == Architecture::kArm && instruction == 0xDEFF) ||
         (crash.architecture == Architecture::kXtensa && instruction == 0x41F0) ||
         (crash.architecture == Architecture::kX86_64 && instruction == 0x0B0F);
}

void add_lines(std::vector<Frame> &frames, const std::string &addr2line,
               const std::filesystem::path &elf, std::stop_token stop) {
  host::Command command{.argv = {addr2line, "-e", elf.string()},
                        .timeout = std::chrono::seconds(10),
                        .cpu_limit_s = 10,
                        .memory_limit_bytes = 1ULL << 30};
  for (const Frame &frame : frames) {
    const std::uint64_t back = frame.source == FrameSource::kProgramCounter ? 0 : 1;
    command.argv.push_back(fmt::format("{:#x}", frame.address - back));
  }
  const auto told = host::run(command, std::move(stop));
  if (!told || !told->succeeded()) {
    return;
  }
  std::istringstream lines(told->output);
  std::string line;
  for (Frame &frame : frames) {
    if (!std::getline(lines, line)) {
      return;
    }
    take_line(line, frame);
  }
}

} // namespace tinyml::service
