// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/isa.hpp"

#include TINYML_ISA_HEADER(lanes.hpp)

#include <cstdint>

namespace tinyml::kernels::generic {

/// relu and clip: every element brought into [low, high]. Elementwise, ascending.
template <typename T> struct Clamp {
  std::int32_t count;
  T low;
  T high;
};

template <typename L, typename T>
inline std::int32_t clamp_from(const Clamp<T> &p, std::int32_t i, const T *input, T *output) {
  const L low = L::fill(p.low);
  const L high = L::fill(p.high);
  for (; i + L::kCount <= p.count; i += L::kCount) {
    min(max(L::load(input + i), low), high).store(output + i);
  }
  return i;
}

template <typename T, typename Layer>
inline void clamp_elements(const Layer &layer, const T *input, T *output) {
  const Clamp<T> &p = layer;
  const std::int32_t whole = clamp_from<isa::Lanes<T>>(p, 0, input, output);
  if constexpr (isa::Lanes<T>::kCount > 1) {
    clamp_from<typename isa::Lanes<T>::Single>(p, whole, input, output);
  }
}

} // namespace tinyml::kernels::generic
