// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/processor_features.hpp"

#include <cpuid.h>

namespace tinyml::tender {
namespace {

// Intel SDM volume 2, CPUID.
constexpr unsigned kVersionLeaf = 1;
constexpr unsigned kFeatureLeaf = 7;
constexpr unsigned kStateLeaf = 0xD;
constexpr unsigned kExtendedLeaf = 0x8000'0000;
constexpr unsigned kAddressLeaf = 0x8000'0008;

constexpr unsigned kAvx2 = 1U << 5; // leaf 7, EBX
/// FPU, TSC, MSR, PAE, CX8, CMOV, MMX, FXSR, SSE, SSE2.
constexpr unsigned kVersionD = 0x0780'8171;
/// SSE3, SSSE3, FMA, CX16, SSE4.1, SSE4.2, MOVBE, POPCNT, XSAVE, AVX, F16C.
constexpr unsigned kVersionC = 0x34D8'3201;
/// BMI1, AVX2, BMI2, fast string copies.
constexpr unsigned kFeatureB = 0x0000'0328;
/// LAHF, LZCNT; SYSCALL, NX, LM.
constexpr unsigned kExtendedC = 0x0000'0021;
constexpr unsigned kExtendedD = 0x2010'0800;
/// x87, SSE and AVX state: XCR0, and the bytes that it takes to save it.
constexpr unsigned kStates = 7;
constexpr unsigned kStateBytes = 832;

struct Leaf {
  explicit Leaf(unsigned number) { __cpuid_count(number, 0, a, b, c, d); }
  unsigned a = 0, b = 0, c = 0, d = 0;
};

} // namespace

bool this_processor_has_avx2() {
  return Leaf(0).a >= kStateLeaf && (Leaf(kFeatureLeaf).b & kAvx2) != 0;
}

ProcessorFeatures::ProcessorFeatures() {
  const Leaf vendor(0);
  const Leaf version(kVersionLeaf);
  const Leaf extended(kExtendedLeaf + 1);
  add(0, kStateLeaf, vendor.b, vendor.c, vendor.d);
  add(kVersionLeaf, version.a, 0, version.c & kVersionC, version.d & kVersionD);
  add(kFeatureLeaf, 0, Leaf(kFeatureLeaf).b & kFeatureB, 0, 0, true);
  add(kStateLeaf, kStates, kStateBytes, kStateBytes, 0, true);
  add(kExtendedLeaf, kAddressLeaf, vendor.b, vendor.c, vendor.d);
  add(kExtendedLeaf + 1, 0, 0, extended.c & kExtendedC, extended.d & kExtendedD);
  add(kAddressLeaf, Leaf(kAddressLeaf).a, 0, 0, 0);
}

void ProcessorFeatures::add(unsigned leaf, unsigned a, unsigned b, unsigned c, unsigned d,
                            bool has_subleaf) {
  kvm_cpuid_entry2 &entry = entries_[count_++];
  entry.function = leaf;
  entry.flags = has_subleaf ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0;
  entry.eax = a;
  entry.ebx = b;
  entry.ecx = c;
  entry.edx = d;
}

} // namespace tinyml::tender
