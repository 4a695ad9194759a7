// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/kvm.h>
#include <sys/ioctl.h>

namespace tinyml::tender {

/// What the guest's CPUID tells: long mode, and the vector units up to AVX2 as far as the host has
/// them. KVM could be asked for all that it supports; that alone takes a third of a millisecond.
///
/// Laid out as struct kvm_cpuid2. The header's own ends in a flexible array, for which C++ counts
/// other padding than C: the request's code is that of its 8 bytes.
class ProcessorFeatures {
public:
  static constexpr unsigned long kSetRequest = _IOC(_IOC_WRITE, KVMIO, 0x90, 8);

  ProcessorFeatures();

private:
  void add(unsigned leaf, unsigned a, unsigned b, unsigned c, unsigned d, bool has_subleaf = false);

  static constexpr unsigned kMost = 8;
  unsigned count_ = 0;
  unsigned padding_ = 0;
  kvm_cpuid_entry2 entries_[kMost] = {};
};

[[nodiscard]] bool this_processor_has_avx2();

} // namespace tinyml::tender
