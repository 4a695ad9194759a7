// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/clamp_float.hpp"
#include "kernels/generic/strided.hpp"
#include "kernels/isa/isa.hpp"

#include TINYML_ISA_HEADER(elementwise.hpp)

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
  if constexpr (Rank == 1 && isa::kCombines<Operation>) {
    if (p.box.first_step[0] == 1 && p.box.second_step[0] == 1) {
      const std::int32_t count = p.box.length[0];
      for (std::int32_t i = isa::combine(p.operation, a, b, output, count); i < count; ++i) {
        output[i] = p.operation(a[i], b[i]);
      }
      return;
    }
  }
  auto combine = [&](std::int32_t first, std::int32_t second) {
    *output++ = p.operation(a[first], b[second]);
  };
  for_each_in(p.box, combine);
}

} // namespace tinyml::kernels::generic
