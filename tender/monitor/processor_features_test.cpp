// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/processor_features.hpp"

#include "os/cpu/x86_64/extensions.hpp"

#include <gtest/gtest.h>

namespace tinyml::tender {
namespace {

using kernels::isa::x86_extensions;
using kernels::isa::x86_extensions_named;

constexpr std::uint32_t kAvx2Bit = 1U << 5;
constexpr std::uint32_t kWideBits = 0xC003'0000; // F, DQ, BW, VL
constexpr std::uint32_t kVnniBit = 1U << 11;
constexpr std::uint64_t kAvxStates = 0x07;
constexpr std::uint64_t kWideStates = 0xE7;

const kvm_cpuid_entry2 &leaf(const ProcessorFeatures &features, unsigned number) {
  for (const kvm_cpuid_entry2 &entry : features.entries()) {
    if (entry.function == number) {
      return entry;
    }
  }
  ADD_FAILURE() << "no leaf " << number;
  return features.entries().front();
}

TEST(X86Extensions, CountOnlyWithTheStatesThatTheyTake) {
  const std::uint32_t all = x86_extensions(kAvx2Bit | kWideBits, kVnniBit, kWideStates);
  constexpr std::string_view kWords[] = {"avx2",     "avx512f",    "avx512bw",  "avx512vl",
                                         "avx512dq", "avx512vnni", "unheard-of"};
  EXPECT_EQ(all, x86_extensions_named(kWords));
  EXPECT_EQ(x86_extensions(kAvx2Bit | kWideBits, kVnniBit, kAvxStates), 1U);
  EXPECT_EQ(x86_extensions(kAvx2Bit | kWideBits, kVnniBit, 0), 0U);
  EXPECT_EQ(x86_extensions(kWideBits, kVnniBit, kWideStates), all & ~1U);
}

TEST(X86Extensions, AreWhatTheCompilersOwnCheckFinds) {
  const std::uint32_t here = x86_64::extensions_here();
  constexpr std::string_view kAvx2[] = {"avx2"};
  constexpr std::string_view kVnni[] = {"avx512vnni"};
  EXPECT_EQ((here & x86_extensions_named(kAvx2)) != 0, __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ((here & x86_extensions_named(kVnni)) != 0, __builtin_cpu_supports("avx512vnni") != 0);
}

TEST(ProcessorFeatures, AGuestIsOfferedWhatTheHostHas) {
  EXPECT_EQ(offered_units(0), VectorUnits::kNone);
  EXPECT_EQ(offered_units(x86_extensions(kAvx2Bit, 0, kAvxStates)), VectorUnits::kAvx2);
  EXPECT_EQ(offered_units(x86_extensions(kAvx2Bit | kWideBits, 0, kAvxStates)), VectorUnits::kAvx2)
      << "the host does not keep the wide registers";
  EXPECT_EQ(offered_units(x86_extensions(kAvx2Bit | (1U << 16), 0, kWideStates)),
            VectorUnits::kAvx2)
      << "the foundation alone is too little";
  EXPECT_EQ(offered_units(x86_extensions(kAvx2Bit | kWideBits, 0, kWideStates)),
            VectorUnits::kAvx512);
  EXPECT_EQ(offered_units(x86_extensions(kWideBits, kVnniBit, kWideStates)), VectorUnits::kNone);
}

TEST(ProcessorFeatures, FeaturesAndStatesAgree) {
  const ProcessorFeatures narrow(VectorUnits::kAvx2);
  EXPECT_EQ(leaf(narrow, 0xD).eax, kAvxStates);
  EXPECT_EQ(leaf(narrow, 7).ebx & kWideBits, 0U);
  EXPECT_EQ(leaf(narrow, 7).ecx & kVnniBit, 0U);
  const ProcessorFeatures wide(VectorUnits::kAvx512);
  EXPECT_EQ(leaf(wide, 0xD).eax, kWideStates);
  EXPECT_EQ(x86_extensions(leaf(wide, 7).ebx, leaf(wide, 7).ecx, kWideStates) &
                x86_64::extensions_here(),
            x86_64::extensions_here());
}

} // namespace
} // namespace tinyml::tender
