// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/strided.hpp"

namespace tinyml::kernels::generic {

/// A box over the output: first = where the condition lies, second = the chosen operand's element.
/// Two boxes, because three tensors are walked.
template <int Rank> struct Select {
  Box<Rank> a; ///< condition and first operand
  Box<Rank> b; ///< condition and second operand
};

/// output[i] = condition ? a : b, all broadcast. The output is walked twice.
template <typename T, int Rank>
inline void select(const Select<Rank> &p, const std::uint8_t *condition, const T *a, const T *b,
                   T *output) {
  T *to = output;
  auto choose_a = [&](std::int32_t at, std::int32_t from) {
    if (condition[at] != 0) {
      *to = a[from];
    }
    ++to;
  };
  for_each_in(p.a, choose_a);
  to = output;
  auto choose_b = [&](std::int32_t at, std::int32_t from) {
    if (condition[at] == 0) {
      *to = b[from];
    }
    ++to;
  };
  for_each_in(p.b, choose_b);
}

} // namespace tinyml::kernels::generic
