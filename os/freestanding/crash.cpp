// SPDX-License-Identifier: Apache-2.0
#include "os/crash.hpp"

#include "os/hal.hpp"

namespace tinyml::crash {

namespace {

using Word = std::uintptr_t;

/// A name, and words in hexadecimal up to the first zero of `optional` ones.
void print(std::string_view name, const Word *words, std::size_t count, bool optional = false) {
  hal::console_write(name);
  for (; count > 0 && !(optional && *words == 0); --count) {
    char text[2 * sizeof(Word) + 1];
    Word rest = *words++;
    for (std::size_t at = sizeof(text) - 1; at > 0; --at, rest >>= 4) {
      text[at] = "0123456789abcdef"[rest & 15];
    }
    text[0] = ' ';
    hal::console_write({text, sizeof(text)});
  }
}

/// In this form the service's programs read it from a console (docs/debugging.md).
void print(const Record &record) {
  const Word kind[] = {static_cast<Word>(record.architecture), static_cast<Word>(record.cause),
                       record.raw_cause};
  print("\r\nFAULT", kind, 3);
  print("\r\nat-pc-sp-lr", &record.fault_address, 4);
  print("\r\nregisters", record.registers, diagnostics::kCrashRegisters);
  print("\r\ncalls", record.calls, diagnostics::kCrashCalls, true);
  hal::console_write("\r\n");
}

} // namespace

Record &begin() {
  Retained &kept = hal::retained();
  kept.crash = Record();
  std::memcpy(kept.crash.image, kept.image, sizeof(kept.image));
  kept.crash.ticks = diagnostics::ticks_of(hal::monotonic_ns());
  return kept.crash;
}

void seal(Record &record) {
  record.check = diagnostics::crash_check(record);
  print(record);
}

const Record *pending() {
  const Record &record = hal::retained().crash;
  return diagnostics::is_whole(record) ? &record : nullptr;
}

void clear() { hal::retained().crash.magic = 0; }

void name_image(std::span<const std::uint8_t, diagnostics::kImageIdBytes> id) {
  std::memcpy(hal::retained().image, id.data(), id.size());
}

} // namespace tinyml::crash
