// SPDX-License-Identifier: Apache-2.0
// The start, what the board says of itself, its entropy and its console.
#include "os/conformance/checks.hpp"

#include <algorithm>

namespace tinyml::conformance {

namespace {

constexpr std::uint32_t kMarker = 0x5EED5EED;
volatile std::uint32_t initialised = kMarker;
volatile std::uint32_t zeroed;

bool is_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

void check_description(Report &report, const hal::BootInfo &info) {
  constexpr std::uint16_t kSmallestMtu = 576; // RFC 791: what every internet module must take
  constexpr std::uint8_t kLastResetReason = 3;
  constexpr std::uint8_t kGroupAddress = 1;
  report.check("the board speaks this HAL", info.abi_version == hal::kAbiVersion);
  report.name(info.board);
  report.figure("reset reason", info.reset_reason);
  report.check("the reset reason is a known one", info.reset_reason <= kLastResetReason);
  const bool ethernet = info.link == hal::LinkKind::kEthernet;
  report.check("only an Ethernet station has an address, of one station",
               ethernet ? (info.mac[0] & kGroupAddress) == 0 && !is_zero(info.mac)
                        : is_zero(info.mac));
  report.check("the link carries an IP packet",
               info.link == hal::LinkKind::kNone || info.mtu_bytes >= kSmallestMtu);
}

/// Sixty-four random bytes have fewer than twenty different values once in 10^20 times.
bool looks_random(ByteView bytes) {
  constexpr int kFewest = 20;
  int different = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    different += std::find(bytes.begin() + static_cast<std::ptrdiff_t>(i) + 1, bytes.end(),
                           bytes[i]) == bytes.end()
                     ? 1
                     : 0;
  }
  return different >= kFewest;
}

void check_entropy(Report &report) {
  std::uint8_t first[64] = {};
  std::uint8_t second[64] = {};
  const hal::Status status = hal::entropy(first);
  (void)hal::entropy(second);
  report.check("entropy never repeats", std::memcmp(first, second, sizeof(first)) != 0);
  report.check("entropy has many values", looks_random(first) && looks_random(second));
  std::uint8_t part[5] = {};
  (void)hal::entropy(ByteSpan(part).subspan(1, 3));
  (void)hal::entropy({});
  report.check("entropy fills what it was given and nothing else",
               part[0] == 0 && part[4] == 0 && hal::entropy({}) == status);
  report.figure("entropy is the board's own", status == hal::Status::kOk ? 1 : 0);
}

} // namespace

void check_machine(Report &report) {
  report.check("initialised statics have their values", initialised == kMarker);
  report.check("other statics are zero", zeroed == 0);
  check_description(report, hal::boot_info());
  check_entropy(report);
}

/// Whether the text arrives as it was written only the reader can say: it is kConsoleText.
void check_console(Report &report) {
  char text[200];
  for (std::size_t i = 0; i < sizeof(text); ++i) {
    text[i] = static_cast<char>('a' + i % 26);
  }
  hal::console_write("console ");
  std::size_t at = 0;
  for (const std::size_t size : {0, 1, 2, 3, 5, 7, 13, 64, 105}) {
    hal::console_write({text + at, size});
    at += size;
  }
  hal::console_write("\r\n");
  report.check("the console takes texts of any length", at == sizeof(text));
}

} // namespace tinyml::conformance
