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
  int sample_lanes;   ///< samples that training kernels take at once (samples.hpp of the set)
  int training_batch; ///< samples of a step, where nobody says how many
};

inline constexpr KernelSet kKernelSets[] = {
    {"scalar", &scalar::kPacking, 1, 1},
    {"avx2", &avx2::kPacking, 8, 32},
    {"avx512vnni", &avx512vnni::kPacking, 16, 32},
    {"dsp", &dsp::kPacking, 1, 1},
    {"mve", &mve::kPacking, 1, 1},
    {"rvv", &rvv::kPacking, 1, 1},
};

/// Null when there is no such kernel set.
[[nodiscard]] inline const KernelSet *find_kernel_set(std::string_view name) {
  for (const KernelSet &set : kKernelSets) {
    if (set.name == name) {
      return &set;
    }
  }
  return nullptr;
}

/// Null when there is no such kernel set.
[[nodiscard]] inline const Packing *find_packing(std::string_view name) {
  const KernelSet *set = find_kernel_set(name);
  return set == nullptr ? nullptr : set->packing;
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
