// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/cpu/x86_64/extensions.hpp"

#include <linux/kvm.h>
#include <sys/ioctl.h>

namespace tinyml::tender {

/// How wide the registers are that a guest may use.
enum class VectorUnits : std::uint8_t { kNone, kAvx2, kAvx512 };

/// The widest ones that a host with these extensions (bits of kernels::isa::kX86Extensions) can
/// offer. kNone: no program for board kvm-x86_64 runs there.
[[nodiscard]] VectorUnits offered_units(std::uint32_t extensions);

/// What the guest's CPUID tells: long mode, and the vector units as far as the host has them. KVM
/// could be asked for all that it supports; that alone takes a third of a millisecond.
///
/// Laid out as struct kvm_cpuid2. The header's own ends in a flexible array, for which C++ counts
/// other padding than C: the request's code is that of its 8 bytes.
class ProcessorFeatures {
public:
  static constexpr unsigned long kSetRequest = _IOC(_IOC_WRITE, KVMIO, 0x90, 8);

  explicit ProcessorFeatures(VectorUnits units);

  /// XCR0 of a guest with these units.
  [[nodiscard]] static std::uint64_t states(VectorUnits units);
  [[nodiscard]] std::span<const kvm_cpuid_entry2> entries() const {
    return std::span(entries_).first(count_);
  }

private:
  void add(unsigned leaf, unsigned a, unsigned b, unsigned c, unsigned d, bool has_subleaf = false);

  static constexpr unsigned kMost = 8;
  unsigned count_ = 0;
  [[maybe_unused]] unsigned padding_ = 0;
  kvm_cpuid_entry2 entries_[kMost] = {};
};

} // namespace tinyml::tender
