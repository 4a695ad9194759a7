// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/x86_64/extensions.hpp"

#include <bit>
#include <cpuid.h>

namespace tinyml::x86_64 {
namespace {

using kernels::isa::kX86ExtensionCount;
using kernels::isa::kX86Extensions;

constexpr unsigned kVersionLeaf = 1;
constexpr unsigned kFeatureLeaf = 7;
constexpr unsigned kStatesAreReadable = 1U << 27; // OSXSAVE in ECX of the version leaf

/// XCR0: the register states that whoever runs below us keeps.
std::uint64_t kept_states() {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (std::uint64_t{high} << 32) | low;
}

} // namespace

std::uint32_t extensions_here() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  __cpuid(0, a, b, c, d);
  if (a < kFeatureLeaf) {
    return 0;
  }
  __cpuid(kVersionLeaf, a, b, c, d);
  if ((c & kStatesAreReadable) == 0) {
    return 0;
  }
  __cpuid_count(kFeatureLeaf, 0, a, b, c, d);
  return kernels::isa::x86_extensions(b, c, kept_states());
}

std::string_view first_word(std::uint32_t extensions) {
  const auto first = static_cast<unsigned>(std::countr_zero(extensions));
  return first < kX86ExtensionCount ? kX86Extensions[first].word : "something newer than this OS";
}

} // namespace tinyml::x86_64
