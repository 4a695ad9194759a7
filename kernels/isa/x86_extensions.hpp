// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// What x86-64 processors may have beyond the baseline and kernel sets make use of: one numbering
/// for kits, images, boards and the monitor. Source: Intel SDM volume 2, CPUID, leaf 7.
namespace tinyml::kernels::isa {

struct X86Extension {
  std::string_view word; ///< in device profiles and kits
  bool in_ecx;           ///< of leaf 7, else in EBX
  std::uint8_t bit;
  std::uint8_t states; ///< of XCR0 that it takes
};

inline constexpr std::uint8_t kX86AvxStates = 0x06;    ///< SSE, AVX
inline constexpr std::uint8_t kX86Avx512States = 0xE6; ///< and masks, upper halves, upper registers

/// A set of extensions is a number: bit i is element i. Never renumber: images tell their needs so.
inline constexpr X86Extension kX86Extensions[] = {
    {"avx2", false, 5, kX86AvxStates},         {"avx512f", false, 16, kX86Avx512States},
    {"avx512bw", false, 30, kX86Avx512States}, {"avx512vl", false, 31, kX86Avx512States},
    {"avx512dq", false, 17, kX86Avx512States}, {"avx512vnni", true, 11, kX86Avx512States},
};
inline constexpr unsigned kX86ExtensionCount = std::size(kX86Extensions);

/// What leaf 7 and XCR0 (0: not readable) say.
[[nodiscard]] constexpr std::uint32_t x86_extensions(std::uint32_t ebx, std::uint32_t ecx,
                                                     std::uint64_t xcr0) {
  std::uint32_t found = 0;
  for (unsigned i = 0; i < kX86ExtensionCount; ++i) {
    const X86Extension &extension = kX86Extensions[i];
    const bool there = ((extension.in_ecx ? ecx : ebx) >> extension.bit & 1U) != 0;
    found |= there && (xcr0 & extension.states) == extension.states ? 1U << i : 0U;
  }
  return found;
}

/// Words that are no extension of the table are left out.
template <typename Words>
[[nodiscard]] constexpr std::uint32_t x86_extensions_named(const Words &words) {
  std::uint32_t found = 0;
  for (const std::string_view word : words) {
    for (unsigned i = 0; i < kX86ExtensionCount; ++i) {
      found |= kX86Extensions[i].word == word ? 1U << i : 0U;
    }
  }
  return found;
}

} // namespace tinyml::kernels::isa
