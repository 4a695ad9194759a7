// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/clamp_float.hpp"
#include "kernels/generic/strided.hpp"

namespace tinyml::kernels::generic {

/// An elementwise operator of two tensors that may be broadcast: `Operation` is add.hpp's Add etc.
template <typename Operation, int Rank> struct Binary {
  Box<Rank> box;
  Operation operation;
};

/// output[i] = operation(a[...], b[...]), i ascending: `output` may be an operand that is not
/// broadcast.
template <typename T, typename Operation, int Rank>
inline void binary(const Binary<Operation, Rank> &p, const T *a, const T *b, T *output) {
  auto combine = [&](std::int32_t first, std::int32_t second) {
    *output++ = p.operation(a[first], b[second]);
  };
  for_each_in(p.box, combine);
}

} // namespace tinyml::kernels::generic
