// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/binary.hpp"
#include "kernels/reference/binary_functions.hpp"

namespace tinyml::kernels::generic {

/// One of binary_functions.hpp as an operation of binary.hpp.
template <BinaryFunction Of, typename T> struct FunctionOfTwo {
  T operator()(T a, T b) const { return combine<T>(Of, a, b); }
};

template <BinaryFunction Of, int Rank> struct Comparison { Box<Rank> box; };

/// output[i] = 1 where a[...] and b[...] compare so, else 0. Ascending.
template <typename T, BinaryFunction Of, int Rank>
inline void compare_elements(const Comparison<Of, Rank> &p, const T *a, const T *b,
                             std::uint8_t *output) {
  auto visit = [&](std::int32_t first, std::int32_t second) {
    *output++ = compare<T>(Of, a[first], b[second]) ? 1 : 0;
  };
  for_each_in(p.box, visit);
}

} // namespace tinyml::kernels::generic
