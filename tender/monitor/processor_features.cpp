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

/// FPU, TSC, MSR, PAE, CX8, CMOV, MMX, FXSR, SSE, SSE2.
constexpr unsigned kVersionD = 0x0780'8171;
/// SSE3, SSSE3, FMA, CX16, SSE4.1, SSE4.2, MOVBE, POPCNT, XSAVE, AVX, F16C.
constexpr unsigned kVersionC = 0x34D8'3201;
/// BMI1, AVX2, BMI2, fast string copies; with wide states AVX-512 F, DQ, BW, VL besides, and VNNI.
constexpr unsigned kFeatureB = 0x0000'0328;
constexpr unsigned kWideFeatureB = 0xC003'0000;
constexpr unsigned kWideFeatureC = 0x0000'0800;
/// LAHF, LZCNT; SYSCALL, NX, LM.
constexpr unsigned kExtendedC = 0x0000'0021;
constexpr unsigned kExtendedD = 0x2010'0800;
/// x87, SSE and AVX state: XCR0, and the bytes that it takes to save it; and with AVX-512.
constexpr unsigned kStates = 0x07;
constexpr unsigned kStateBytes = 832;
constexpr unsigned kWideStates = 0xE7;
constexpr unsigned kWideStateBytes = 2688;

struct Leaf {
  explicit Leaf(unsigned number) { __cpuid_count(number, 0, a, b, c, d); }
  unsigned a = 0, b = 0, c = 0, d = 0;
};

} // namespace

VectorUnits offered_units(std::uint32_t extensions) {
  const auto has = [&](std::uint32_t wanted) { return (extensions & wanted) == wanted; };
  constexpr std::string_view kAvx2[] = {"avx2"};
  constexpr std::string_view kWide[] = {"avx2", "avx512f", "avx512bw", "avx512vl", "avx512dq"};
  if (has(kernels::isa::x86_extensions_named(kWide))) {
    return VectorUnits::kAvx512;
  }
  return has(kernels::isa::x86_extensions_named(kAvx2)) ? VectorUnits::kAvx2 : VectorUnits::kNone;
}

std::uint64_t ProcessorFeatures::states(VectorUnits units) {
  return units == VectorUnits::kAvx512 ? kWideStates : kStates;
}

ProcessorFeatures::ProcessorFeatures(VectorUnits units) {
  const Leaf vendor(0);
  const Leaf version(kVersionLeaf);
  const Leaf extended(kExtendedLeaf + 1);
  add(0, kStateLeaf, vendor.b, vendor.c, vendor.d);
  add(kVersionLeaf, version.a, 0, version.c & kVersionC, version.d & kVersionD);
  const Leaf features(kFeatureLeaf);
  const bool wide = units == VectorUnits::kAvx512;
  const unsigned state_bytes = wide ? kWideStateBytes : kStateBytes;
  add(kFeatureLeaf, 0, features.b & (wide ? kFeatureB | kWideFeatureB : kFeatureB),
      wide ? features.c & kWideFeatureC : 0, 0, true);
  add(kStateLeaf, static_cast<unsigned>(states(units)), state_bytes, state_bytes, 0, true);
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
