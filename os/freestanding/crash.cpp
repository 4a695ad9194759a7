// SPDX-License-Identifier: Apache-2.0
#include "os/crash.hpp"

#include "os/hal.hpp"

namespace tinyml::crash {

namespace {

using Word = std::uintptr_t;

void print(Word word) {
  char text[2 * sizeof(Word) + 1];
  for (std::size_t at = sizeof(text) - 1; at > 0; --at, word >>= 4) {
    text[at] = "0123456789abcdef"[word & 15];
  }
  text[0] = ' ';
  hal::console_write({text, sizeof(text)});
}

/// All of it in hexadecimal, eight words a line: the service's programs read it from a console.
void print(const Record &record) {
  const auto *word = reinterpret_cast<const Word *>(&record);
  hal::console_write("\r\nFAULT");
  for (std::size_t at = 0; at < sizeof(record) / sizeof(Word); ++at) {
    if (at % 8 == 0) {
      hal::console_write("\r\n");
    }
    print(*word++);
  }
  hal::console_write("\r\n");
}

} // namespace

Record &begin() {
  Retained &kept = hal::retained();
  std::memset(static_cast<void *>(&kept.crash), 0, sizeof(kept.crash));
  std::memcpy(kept.crash.image, kept.image, sizeof(kept.image));
  kept.crash.ticks = diagnostics::ticks_of(hal::monotonic_ns());
  return kept.crash;
}

void seal(Record &record) {
  record.magic = diagnostics::kCrashMagic;
  record.version = diagnostics::kCrashVersion;
  record.word_bytes = sizeof(Word);
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
