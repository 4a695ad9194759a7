// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/unary_functions.hpp"

#include <cstdint>

namespace tinyml::kernels::generic {

/// One of unary_functions.hpp on every element, ascending: may work in place.
template <unary::Function Of> struct Unary {
  std::int32_t count;
  unary::Numbers numbers;
};

template <unary::Function Of>
inline void apply_unary(const Unary<Of> &p, const float *input, float *output) {
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] = Of(input[i], p.numbers);
  }
}

} // namespace tinyml::kernels::generic
