// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/guest_layout.hpp"

#include "os/boards/kvm-x86_64/hypercall.hpp"

#include <algorithm>

namespace tinyml::tender {
namespace {

using kvm::kPageBytes;

constexpr std::uint32_t kTableReach = 512 * kPageBytes; // of one last-level table
constexpr std::uint32_t kSharedBytes =
    (sizeof(kvm::Shared) + kPageBytes - 1) / kPageBytes * kPageBytes;

// Intel SDM volume 3, 4.5.4: entries of page tables.
constexpr std::uint64_t kPresent = 1;
constexpr std::uint64_t kWritable = 2;
constexpr std::uint64_t kUser = 4;
constexpr std::uint64_t kAccessedAndDirty = 0x60; // spares the processor to note it
constexpr std::uint64_t kNoExecute = 1ULL << 63;
constexpr std::uint64_t kBranch = kPresent | kWritable | kUser | kAccessedAndDirty;
constexpr std::uint64_t kCode = kPresent | kUser | kAccessedAndDirty;
constexpr std::uint64_t kData = kBranch | kNoExecute;

constexpr std::uint32_t whole_pages(std::uint32_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}
constexpr std::uint32_t tables_for(std::uint32_t bytes) {
  return (bytes + kTableReach - 1) / kTableReach;
}

/// All windows begin at multiples of what a last-level table reaches, in the first GiB: one table
/// on each upper level.
class PageTables {
public:
  explicit PageTables(ByteSpan machine) : machine_(machine) {
    set(0, 0, kPageBytes | kBranch);
    set(kPageBytes, 0, 2 * kPageBytes | kBranch);
  }

  void map(std::uint32_t address, std::uint32_t physical, std::uint32_t size_bytes,
           std::uint64_t flags) {
    for (std::uint32_t at = 0; at < size_bytes; at += kPageBytes) {
      const std::uint32_t page = address + at;
      set(last_table_of(page), page / kPageBytes % 512, (physical + at) | flags);
    }
  }

private:
  void set(std::uint32_t table, std::uint32_t index, std::uint64_t entry) {
    std::memcpy(machine_.data() + table + index * sizeof(entry), &entry, sizeof(entry));
  }
  std::uint32_t last_table_of(std::uint32_t address) {
    constexpr std::uint32_t kDirectory = 2 * kPageBytes;
    constexpr std::uint64_t kAddress = 0xFFFFF000;
    const std::uint32_t index = address / kTableReach;
    std::uint64_t entry = 0;
    std::memcpy(&entry, machine_.data() + kDirectory + index * sizeof(entry), sizeof(entry));
    if (entry == 0) {
      entry = next_ | kBranch;
      set(kDirectory, index, entry);
      next_ += kPageBytes;
    }
    return static_cast<std::uint32_t>(entry & kAddress);
  }

  ByteSpan machine_;
  std::uint32_t next_ = 3 * kPageBytes;
};

} // namespace

GuestMemory GuestLayout::memory(ByteSpan machine, bool writable_rom) const {
  return GuestMemory({{{kvm::kRomBase, machine.subspan(rom_offset, rom_bytes), writable_rom},
                       {kvm::kRamBase, machine.subspan(ram_offset, ram_bytes), true},
                       {kvm::kSharedBase, machine.subspan(shared_offset, kSharedBytes), true}}});
}

std::optional<GuestLayout> lay_out(std::uint32_t machine_bytes, std::uint32_t program_bytes) {
  if (machine_bytes < kLeastMachineBytes || machine_bytes > kLargestMachineBytes ||
      program_bytes > kvm::kRomBytes) {
    return std::nullopt;
  }
  GuestLayout layout;
  layout.rom_bytes = whole_pages(program_bytes);
  const std::uint32_t most_ram = std::min(machine_bytes, kvm::kRamBytes);
  layout.tables_bytes = (3 + 1 + tables_for(layout.rom_bytes) + tables_for(most_ram)) * kPageBytes;
  layout.shared_offset = layout.tables_bytes;
  layout.rom_offset = layout.shared_offset + kSharedBytes;
  layout.ram_offset = layout.rom_offset + layout.rom_bytes;
  if (layout.ram_offset >= machine_bytes) {
    return std::nullopt;
  }
  layout.ram_bytes =
      std::min(most_ram, (machine_bytes - layout.ram_offset) / kPageBytes * kPageBytes);
  return layout.ram_bytes == 0 ? std::nullopt : std::optional(layout);
}

void write_page_tables(ByteSpan machine, const GuestLayout &layout) {
  std::memset(machine.data(), 0, layout.tables_bytes);
  PageTables tables(machine);
  tables.map(kvm::kRomBase, layout.rom_offset, layout.rom_bytes, kCode);
  tables.map(kvm::kRamBase, layout.ram_offset, layout.ram_bytes, kData);
  tables.map(kvm::kSharedBase, layout.shared_offset, kSharedBytes, kData);
  tables.map(kvm::kDoorbell, kDoorbellPhysical, kPageBytes, kData);
}

} // namespace tinyml::tender
