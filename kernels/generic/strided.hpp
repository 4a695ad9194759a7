// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::kernels::generic {

/// A box of elements and how two tensors are walked over it: per axis its length and the distance,
/// in elements, of neighbours in the first and in the second tensor (0 repeats an element).
/// The code generator joins axes where it can, so Rank is small.
template <int Rank> struct Box {
  std::int32_t length[Rank];
  std::int32_t first_step[Rank];
  std::int32_t second_step[Rank];
};

/// Calls at(index in first, index in second) in row-major order of the box. The nesting is unrolled
/// by the compiler: no recursion remains.
template <int Axis = 0, int Rank, typename Visit>
inline void for_each_in(const Box<Rank> &box, Visit &at, std::int32_t first = 0,
                        std::int32_t second = 0) {
  for (std::int32_t i = 0; i < box.length[Axis]; ++i) {
    if constexpr (Axis + 1 == Rank) {
      at(first, second);
    } else {
      for_each_in<Axis + 1>(box, at, first, second);
    }
    first += box.first_step[Axis];
    second += box.second_step[Axis];
  }
}

/// to[second] = from[first] over the box.
template <typename T, int Rank> inline void copy_box(const Box<Rank> &box, const T *from, T *to) {
  auto copy = [from, to](std::int32_t first, std::int32_t second) { to[second] = from[first]; };
  for_each_in(box, copy);
}

} // namespace tinyml::kernels::generic
