// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "tender/monitor/guest_memory.hpp"

namespace tinyml::tender {

/// Where in the machine's memory (guest-physical, from 0) things lie, one behind the other. The
/// guest sees shared, ROM and RAM at the addresses of os/boards/kvm-x86_64/hypercall.hpp, and the
/// page tables not at all.
struct GuestLayout {
  std::uint32_t tables_bytes = 0;
  std::uint32_t shared_offset = 0;
  std::uint32_t rom_offset = 0;
  std::uint32_t rom_bytes = 0; ///< whole pages
  std::uint32_t ram_offset = 0;
  std::uint32_t ram_bytes = 0;

  /// The ROM is writable for a debugger alone.
  [[nodiscard]] GuestMemory memory(ByteSpan machine, bool writable_rom = false) const;
};

inline constexpr std::uint32_t kLeastMachineBytes = 128U << 10;
inline constexpr std::uint32_t kLargestMachineBytes = 64U << 20;
/// Guest-physical address of the doorbell: far from all memory.
inline constexpr std::uint32_t kDoorbellPhysical = 0xD000'0000;

/// Nothing when a program of so many bytes leaves no RAM in a machine of so many.
[[nodiscard]] std::optional<GuestLayout> lay_out(std::uint32_t machine_bytes,
                                                 std::uint32_t program_bytes);

/// Writes the page tables (4 levels, 4 KiB pages) to the start of the machine's memory: ROM may be
/// read and executed, the rest read and written, nothing both. Their root is at 0.
void write_page_tables(ByteSpan machine, const GuestLayout &layout);

} // namespace tinyml::tender
