// SPDX-License-Identifier: Apache-2.0
#include "tender/serial/gdb_memory.hpp"

#include "tender/serial/emulator.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <poll.h>
#include <string>
#include <unistd.h>

namespace tinyml::tender {
namespace {

constexpr std::size_t kChunkBytes = 1536; ///< twice as many digits fit the emulator's packet
constexpr int kPatienceMs = 60'000;       ///< others may keep the processors busy

/// The next packet's content. Acknowledgements in front of it are skipped; ours are sent.
Expected<std::string> receive_packet(int debugger) {
  std::string content;
  enum { kBefore, kInside, kChecksum1, kChecksum2 } state = kBefore;
  for (;;) {
    pollfd waiting{debugger, POLLIN, 0};
    char c = 0;
    if (::poll(&waiting, 1, kPatienceMs) <= 0 || ::read(debugger, &c, 1) != 1) {
      return fail(ErrorCode::kUnavailable, "the emulator does not answer its debugger");
    }
    if (state == kBefore) {
      state = c == '$' ? kInside : kBefore;
    } else if (state == kInside) {
      c == '#' ? void(state = kChecksum1) : content.push_back(c);
    } else if (state == kChecksum1) {
      state = kChecksum2;
    } else {
      (void)write_all(debugger, "+");
      return content;
    }
  }
}

Expected<void> ask(int debugger, const std::string &content) {
  unsigned sum = 0;
  for (const char c : content) {
    sum += static_cast<unsigned char>(c);
  }
  if (!write_all(debugger, fmt::format("${}#{:02x}", content, sum & 0xFF))) {
    return fail(ErrorCode::kUnavailable, "the emulator has ended");
  }
  const auto answer = receive_packet(debugger);
  if (!answer.ok()) {
    return Failure{answer.error()};
  }
  if (*answer != "OK") {
    return fail(ErrorCode::kInternal,
                "the emulator's debugger refuses '" + content.substr(0, 20) + "': " + *answer);
  }
  return {};
}

std::string digits_of(ByteView bytes) {
  std::string digits;
  for (const std::uint8_t byte : bytes) {
    digits.push_back("0123456789abcdef"[byte >> 4]);
    digits.push_back("0123456789abcdef"[byte & 15]);
  }
  return digits;
}

} // namespace

Expected<void> write_memory_and_run(int debugger, std::uint32_t address, ByteView bytes) {
  while (!bytes.empty()) {
    const ByteView part = bytes.first(std::min(kChunkBytes, bytes.size()));
    if (const auto written =
            ask(debugger, fmt::format("M{:x},{:x}:{}", address, part.size(), digits_of(part)));
        !written.ok()) {
      return written;
    }
    address += static_cast<std::uint32_t>(part.size());
    bytes = bytes.subspan(part.size());
  }
  return ask(debugger, "D");
}

} // namespace tinyml::tender
