// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/move.hpp"
#include "kernels/reference/requantize.hpp"

#include <algorithm>
#include <vector>

/// Mean or sum of int8 or int16 over some dimensions: a 32-bit sum of (x - x_zero), one multiplier.
/// `kept` is the input's shape with 1 in every reduced dimension.
namespace tinyml::kernels::reference {

struct QuantizedSum {
  std::int32_t x_zero;
  Multiplier multiplier; ///< scales' ratio; for a mean from mean_multiplier()
  std::int32_t out_zero;
};

template <typename T>
void reduce_sum(const Dims &in, const Dims &kept, const QuantizedSum &q, const T *x, T *out) {
  Dims steps = steps_of(kept);
  const std::int64_t outputs = steps[0] * kept[0];
  const std::int64_t inputs = steps_of(in)[0] * in[0];
  for (std::size_t d = 0; d < in.size(); ++d) {
    steps[d] = kept[d] == in[d] ? steps[d] : 0;
  }
  std::vector<std::int32_t> sums(static_cast<std::size_t>(outputs), 0);
  for (std::int64_t flat = 0; flat < inputs; ++flat) {
    std::int64_t rest = flat;
    std::int64_t to = 0;
    for (std::size_t d = in.size(); d-- > 0;) {
      to += rest % in[d] * steps[d];
      rest /= in[d];
    }
    sums[static_cast<std::size_t>(to)] += x[flat] - q.x_zero;
  }
  std::transform(sums.begin(), sums.end(), out, [&](std::int32_t sum) {
    const std::int32_t scaled = multiply_by_quantized_multiplier(sum, q.multiplier) + q.out_zero;
    return static_cast<T>(
        clamp(scaled, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  });
}

} // namespace tinyml::kernels::reference
