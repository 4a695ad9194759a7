// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/strided.hpp"
#include "kernels/reference/reduce.hpp"

namespace tinyml::kernels::generic {

/// `kept` walks the output (first = the input element, second = the output's), `reduced` the
/// elements that become one (first = the input element).
template <ReduceFunction Of, int Kept, int Reduced> struct Reduce {
  Box<Kept> kept;
  Box<Reduced> reduced;
  std::int32_t reduced_count;
};

template <typename T, ReduceFunction Of, int Rank>
inline Sum<T> gathered(const Box<Rank> &box, const T *input, Sum<T> less) {
  Sum<T> sum = reduce_start<T>(Of);
  auto take = [&](std::int32_t at, std::int32_t) {
    sum = reduce_take<Sum<T>>(Of, sum, input[at] - less);
  };
  for_each_in(box, take);
  return sum;
}

template <typename T, ReduceFunction Of, int Kept, int Reduced>
inline void reduce(const Reduce<Of, Kept, Reduced> &p, const T *input, T *output) {
  auto one = [&](std::int32_t from, std::int32_t to) {
    Sum<T> largest = 0;
    if constexpr (Of == ReduceFunction::kLogSumExp) {
      largest = finite_or_zero(gathered<T, ReduceFunction::kMax>(p.reduced, input + from, 0));
    }
    const Sum<T> sum = gathered<T, Of>(p.reduced, input + from, largest);
    output[to] = static_cast<T>(reduce_finish<T>(Of, sum, p.reduced_count) + largest);
  };
  for_each_in(p.kept, one);
}

/// Input [outer, depth, inner]; the position of the largest or smallest element along the depth.
template <bool Smallest, bool Last> struct ArgReduce {
  std::int32_t outer;
  std::int32_t depth;
  std::int32_t inner;
};

template <typename T, typename Index, bool Smallest, bool Last>
inline void arg_reduce(const ArgReduce<Smallest, Last> &p, const T *input, Index *output) {
  for (std::int32_t o = 0; o < p.outer; ++o, input += p.depth * p.inner) {
    for (std::int32_t i = 0; i < p.inner; ++i) {
      std::int32_t best = 0;
      for (std::int32_t d = 1; d < p.depth; ++d) {
        const T candidate = input[d * p.inner + i];
        const T so_far = input[best * p.inner + i];
        const bool better = Smallest ? candidate < so_far : candidate > so_far;
        best = better || (Last && candidate == so_far) ? d : best;
      }
      *output++ = static_cast<Index>(best);
    }
  }
}

} // namespace tinyml::kernels::generic
