// SPDX-License-Identifier: Apache-2.0
// Host only: the compiler asks for kernel sets by name.
#pragma once

#include "kernels/isa/avx2/packing.hpp"
#include "kernels/isa/avx512vnni/packing.hpp"
#include "kernels/isa/dsp/packing.hpp"
#include "kernels/isa/mve/packing.hpp"
#include "kernels/isa/rvv/packing.hpp"
#include "kernels/isa/scalar/packing.hpp"

#include <string>
#include <string_view>

namespace tinyml::kernels::isa {

struct KernelSet {
  std::string_view name; ///< folder of kernels/isa
  const Packing *packing;
};

inline constexpr KernelSet kKernelSets[] = {
    {"scalar", &scalar::kPacking}, {"avx2", &avx2::kPacking}, {"avx512vnni", &avx512vnni::kPacking},
    {"dsp", &dsp::kPacking},       {"mve", &mve::kPacking},   {"rvv", &rvv::kPacking},
};

/// Null when there is no such kernel set.
[[nodiscard]] inline const Packing *find_packing(std::string_view name) {
  for (const KernelSet &set : kKernelSets) {
    if (set.name == name) {
      return set.packing;
    }
  }
  return nullptr;
}

/// "scalar, dsp"
[[nodiscard]] inline std::string kernel_set_names() {
  std::string names;
  for (const KernelSet &set : kKernelSets) {
    names += (names.empty() ? "" : ", ") + std::string(set.name);
  }
  return names;
}

} // namespace tinyml::kernels::isa
