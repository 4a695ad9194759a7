// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/freestanding/stack_memory.hpp"
#include "os/retained.hpp"
#include "protocol/diagnostics/call_site.hpp"

#include <span>

/// The code of the program, by the linker scripts. A script without them gets records without
/// return addresses.
extern "C" {
extern const std::uint8_t tinyml_text_start[] __attribute__((weak));
extern const std::uint8_t tinyml_text_end[] __attribute__((weak));
}

/// The record of a crash. A processor's fault handler does
///
///   crash::Record &record = crash::begin(); // image and time are filled in
///   record.raw_cause = ...; record.pc = ...; record.sp = ...; ...
///   crash::finish<Architecture::kArm>(record); // return addresses, checksum, console report
///
/// on a stack with about 256 bytes of room, and then resets. The program finds it by pending()
/// after the reset.
namespace tinyml::crash {

using Record = diagnostics::CrashRecordOf<std::uintptr_t>;

/// Starts the retained record anew; it is no record until finish().
[[nodiscard]] Record &begin();
/// Completes the record and prints it in the form of docs/debugging.md.
void seal(Record &record);

template <diagnostics::Architecture kArchitecture> void finish(Record &record) {
  using Word = std::uintptr_t;
  const auto bottom = reinterpret_cast<Word>(tinyml_stack_bottom);
  const auto top = reinterpret_cast<Word>(tinyml_stack_top);
  constexpr Word kGuardBytes = 64; // at most, right below the stack
  if (record.sp < bottom || bottom - 1 - record.fault_address < kGuardBytes) {
    record.cause = diagnostics::CrashCause::kStackOverflow;
  }
  const bool inside = record.sp >= bottom && record.sp < top;
  const Word from = inside ? (record.sp + sizeof(Word) - 1) & ~(sizeof(Word) - 1) : bottom;
  record.architecture = kArchitecture;
  diagnostics::find_calls<kArchitecture, Word>(
      record, {.code_start = reinterpret_cast<Word>(tinyml_text_start),
               .code_end = reinterpret_cast<Word>(tinyml_text_end),
               .code = tinyml_text_start,
               .stack = reinterpret_cast<const Word *>(from),
               .stack_words = (top - from) / sizeof(Word)});
  seal(record);
}

/// The crash of an earlier run that nobody has cleared yet, or nullptr.
[[nodiscard]] const Record *pending();
void clear();

/// Tells later records whose they are: the start of the running image's SHA-256.
void name_image(std::span<const std::uint8_t, diagnostics::kImageIdBytes> id);

} // namespace tinyml::crash
