// SPDX-License-Identifier: Apache-2.0
#include "os/conformance/checks.hpp"

#include <algorithm>

namespace tinyml::conformance {

namespace {

constexpr std::size_t kPatternBytes = 256;

struct Pattern {
  alignas(16) std::uint8_t bytes[kPatternBytes];
};

void fill(Pattern &pattern, std::uint8_t seed) {
  for (std::size_t i = 0; i < kPatternBytes; ++i) {
    pattern.bytes[i] = static_cast<std::uint8_t>(seed + i * 7);
  }
}

bool reads(std::uint32_t offset, const Pattern &expected) {
  Pattern found = {};
  return hal::store_read(offset, found.bytes) == hal::Status::kOk &&
         std::equal(found.bytes, found.bytes + kPatternBytes, expected.bytes);
}

bool is_erased(std::uint32_t offset, std::uint32_t size) {
  Pattern found = {};
  for (std::uint32_t at = 0; at < size; at += kPatternBytes) {
    if (hal::store_read(offset + at, found.bytes) != hal::Status::kOk ||
        std::any_of(found.bytes, found.bytes + kPatternBytes, [](auto b) { return b != 0xFF; })) {
      return false;
    }
  }
  return true;
}

bool is_power_of_two(std::uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

void check_geometry(Report &report, const hal::StoreInfo &info) {
  report.check("the store is whole sectors of whole units",
               is_power_of_two(info.sector_bytes) && is_power_of_two(info.program_bytes) &&
                   info.program_bytes <= kPatternBytes && info.sector_bytes >= kPatternBytes &&
                   info.size_bytes % info.sector_bytes == 0);
  report.figure("store, bytes", info.size_bytes);
  report.figure("smallest erase, bytes", info.sector_bytes);
  report.figure("smallest write, bytes", info.program_bytes);
}

void check_writing(Report &report, const hal::StoreInfo &info, std::uint32_t sector) {
  Pattern pattern;
  fill(pattern, 1);
  report.check("erasing sectors",
               hal::store_erase(sector, 2 * info.sector_bytes) == hal::Status::kOk);
  report.check("an erased sector reads as 0xFF", is_erased(sector, 2 * info.sector_bytes));
  report.check("writing erased bytes", hal::store_write(sector, pattern.bytes) == hal::Status::kOk);
  report.check("what was written is read", reads(sector, pattern));
  Pattern other;
  fill(other, 2);
  (void)hal::store_write(sector, other.bytes);
  bool no_bit_set = true;
  Pattern found = {};
  (void)hal::store_read(sector, found.bytes);
  for (std::size_t i = 0; i < kPatternBytes; ++i) {
    no_bit_set = no_bit_set && (found.bytes[i] & ~pattern.bytes[i]) == 0;
  }
  report.check("writing again sets no bit", no_bit_set);
}

/// One unit at a time, over the border of two sectors; then one of the two is erased.
void check_units(Report &report, const hal::StoreInfo &info, std::uint32_t sector) {
  const std::uint32_t border = sector + info.sector_bytes;
  const std::uint32_t start = border - std::uint32_t{kPatternBytes / 2};
  Pattern pattern;
  fill(pattern, 5);
  report.check("erasing again",
               hal::store_erase(sector, 2 * info.sector_bytes) == hal::Status::kOk);
  bool each = true;
  for (std::uint32_t at = 0; at < kPatternBytes; at += info.program_bytes) {
    each = each &&
           hal::store_write(start + at, ByteView(pattern.bytes).subspan(at, info.program_bytes)) ==
               hal::Status::kOk;
  }
  report.check("writing unit by unit, over the border of two sectors",
               each && reads(start, pattern));
  std::uint8_t odd[5] = {};
  report.check("reading from anywhere, any length",
               hal::store_read(start + 3, ByteSpan(odd).first(3)) == hal::Status::kOk &&
                   std::equal(odd, odd + 3, pattern.bytes + 3) && odd[3] == 0 &&
                   hal::store_read(start, {}) == hal::Status::kOk);
  report.check("erasing one sector",
               hal::store_erase(sector, info.sector_bytes) == hal::Status::kOk);
  report.check("erasing leaves nothing", is_erased(sector, info.sector_bytes));
  std::uint8_t kept[kPatternBytes / 2] = {};
  (void)hal::store_read(border, kept);
  report.check("erasing leaves the next sector alone",
               std::equal(kept, kept + sizeof(kept), pattern.bytes + sizeof(kept)));
}

void check_ranges(Report &report, const hal::StoreInfo &info) {
  using hal::Status;
  Pattern pattern;
  fill(pattern, 3);
  const ByteView unit = ByteView(pattern.bytes).first(info.program_bytes);
  report.check("a read past the end is refused",
               hal::store_read(info.size_bytes - 1, pattern.bytes) == Status::kInvalid &&
                   hal::store_read(info.size_bytes, ByteSpan(pattern.bytes).first(1)) ==
                       Status::kInvalid &&
                   hal::store_read(0xFFFFFFFF, pattern.bytes) == Status::kInvalid);
  report.check("a write past the end is refused",
               hal::store_write(info.size_bytes, unit) == Status::kInvalid &&
                   hal::store_write(0U - info.program_bytes, unit) == Status::kInvalid);
  report.check("an erase past the end is refused",
               hal::store_erase(info.size_bytes, info.sector_bytes) == Status::kInvalid &&
                   hal::store_erase(info.size_bytes - info.sector_bytes, 2 * info.sector_bytes) ==
                       Status::kInvalid);
  report.check("lengths that overflow are refused",
               hal::store_erase(info.sector_bytes, 0U - info.sector_bytes) == Status::kInvalid);
}

void check_alignment(Report &report, const hal::StoreInfo &info, std::uint32_t sector) {
  using hal::Status;
  Pattern pattern;
  fill(pattern, 3);
  const ByteView all(pattern.bytes);
  report.check("half a sector is not erased",
               hal::store_erase(sector, info.sector_bytes / 2) == Status::kInvalid &&
                   hal::store_erase(sector + info.sector_bytes / 2, info.sector_bytes) ==
                       Status::kInvalid);
  if (info.program_bytes > 1) {
    report.check("an unaligned write is refused",
                 hal::store_write(sector + 1, all.first(info.program_bytes)) == Status::kInvalid &&
                     hal::store_write(sector, all.first(info.program_bytes - 1)) ==
                         Status::kInvalid);
  }
  report.check("what was refused left no trace", is_erased(sector, info.sector_bytes));
}

} // namespace

/// Uses the last two sectors, far from whatever else the store holds.
void check_store(Report &report) {
  const hal::StoreInfo &info = hal::store_info();
  if (info.size_bytes == 0) {
    report.skip("store: the board has none");
    return;
  }
  const std::uint32_t sector = info.size_bytes - 2 * info.sector_bytes;
  check_geometry(report, info);
  check_writing(report, info, sector);
  check_units(report, info, sector);
  check_ranges(report, info);
  check_alignment(report, info, sector);
}

} // namespace tinyml::conformance
