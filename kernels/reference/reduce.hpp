// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/binary_functions.hpp"
#include "kernels/reference/move.hpp"

#include <cmath>
#include <limits>
#include <type_traits>

/// Reductions over any axes. One value is gathered by start(), take() and finish(); generated code
/// uses the same three.
namespace tinyml::kernels {

enum class ReduceFunction : std::uint8_t {
  kSum,
  kMean,
  kMax,
  kMin,
  kProd,
  kL1,
  kL2,
  kSumSquare,
  kLogSum,
  kLogSumExp, ///< two walks: the largest first
};

/// Sums of integers are kept in 64 bits, of floats in float.
template <typename T>
using Sum = typename std::conditional<std::is_integral<T>::value, std::int64_t, T>::type;

template <typename T> [[nodiscard]] constexpr Sum<T> reduce_start(ReduceFunction function) {
  switch (function) {
  case ReduceFunction::kMax:
    return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::lowest();
  case ReduceFunction::kMin:
    return std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::max();
  case ReduceFunction::kProd:
    return 1;
  default:
    return 0;
  }
}

template <typename S> [[nodiscard]] inline S reduce_take(ReduceFunction function, S so_far, S x) {
  switch (function) {
  case ReduceFunction::kSum:
  case ReduceFunction::kMean:
  case ReduceFunction::kLogSum:
    return combine(BinaryFunction::kAdd, so_far, x);
  case ReduceFunction::kMax:
    return x > so_far ? x : so_far;
  case ReduceFunction::kMin:
    return x < so_far ? x : so_far;
  case ReduceFunction::kProd:
    return combine(BinaryFunction::kMul, so_far, x);
  case ReduceFunction::kL1:
    return combine(x < 0 ? BinaryFunction::kSub : BinaryFunction::kAdd, so_far, x);
  case ReduceFunction::kL2:
  case ReduceFunction::kSumSquare:
    return combine(BinaryFunction::kAdd, so_far, combine(BinaryFunction::kMul, x, x));
  case ReduceFunction::kLogSumExp:
    return so_far + static_cast<S>(std::exp(x));
  }
  return so_far;
}

/// `count` elements were taken.
template <typename T>
[[nodiscard]] inline T reduce_finish(ReduceFunction function, Sum<T> sum, std::int32_t count) {
  switch (function) {
  case ReduceFunction::kMean:
    return static_cast<T>(sum / static_cast<Sum<T>>(count));
  case ReduceFunction::kL2:
    return static_cast<T>(std::sqrt(sum));
  case ReduceFunction::kLogSum:
  case ReduceFunction::kLogSumExp:
    return static_cast<T>(std::log(sum));
  default:
    return static_cast<T>(sum);
  }
}

/// exp() of large numbers overflows, of differences from the largest it does not; with an infinite
/// largest one there is nothing to win.
template <typename S> [[nodiscard]] inline S finite_or_zero(S largest) {
  return largest - largest == 0 ? largest : S{0};
}

namespace reference {

/// `kept` is the input's shape with 1 in every reduced dimension.
template <typename T>
void reduce(ReduceFunction function, const Dims &in, const Dims &kept, const T *x, T *out) {
  Dims rest{};
  std::int64_t outputs = 1;
  std::int64_t count = 1;
  for (std::size_t d = 0; d < in.size(); ++d) {
    rest[d] = kept[d] == in[d] ? 1 : in[d];
    outputs *= kept[d];
    count *= rest[d];
  }
  const Dims in_steps = steps_of(in);
  const auto at = [&](std::int64_t flat, const Dims &box) {
    std::int64_t offset = 0;
    for (std::size_t d = box.size(); d-- > 0;) {
      offset += flat % box[d] * in_steps[d];
      flat /= box[d];
    }
    return offset;
  };
  for (std::int64_t o = 0; o < outputs; ++o) {
    const T *first = x + at(o, kept);
    Sum<T> largest = 0;
    if (function == ReduceFunction::kLogSumExp) {
      largest = reduce_start<T>(ReduceFunction::kMax);
      for (std::int64_t i = 0; i < count; ++i) {
        largest = reduce_take<Sum<T>>(ReduceFunction::kMax, largest, first[at(i, rest)]);
      }
      largest = finite_or_zero(largest);
    }
    Sum<T> sum = reduce_start<T>(function);
    for (std::int64_t i = 0; i < count; ++i) {
      sum = reduce_take<Sum<T>>(function, sum, first[at(i, rest)] - largest);
    }
    out[o] =
        static_cast<T>(reduce_finish<T>(function, sum, static_cast<std::int32_t>(count)) + largest);
  }
}

/// Position of the largest (smallest) element along the middle of [outer, depth, inner]; of equal
/// ones the first, or the last.
struct ArgReduceShape {
  std::int64_t outer, depth, inner;
  bool smallest, last;
};

template <typename T, typename Index>
void arg_reduce(const ArgReduceShape &s, const T *x, Index *out) {
  for (std::int64_t o = 0; o < s.outer; ++o, x += s.depth * s.inner) {
    for (std::int64_t i = 0; i < s.inner; ++i) {
      std::int64_t best = 0;
      for (std::int64_t d = 1; d < s.depth; ++d) {
        const T candidate = x[d * s.inner + i];
        const T so_far = x[best * s.inner + i];
        const bool better = s.smallest ? candidate < so_far : candidate > so_far;
        best = better || (s.last && candidate == so_far) ? d : best;
      }
      *out++ = static_cast<Index>(best);
    }
  }
}

} // namespace reference
} // namespace tinyml::kernels
