// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/move.hpp"

#include <algorithm>

/// Mean over some dimensions; float only. `kept` is the input's shape with 1 in every reduced
/// dimension.
namespace tinyml::kernels::reference {

inline void mean(const Dims &in, const Dims &kept, const float *x, float *out) {
  Dims out_steps = steps_of(kept);
  std::int64_t outputs = 1;
  std::int64_t inputs = 1;
  for (std::size_t d = 0; d < in.size(); ++d) {
    outputs *= kept[d];
    inputs *= in[d];
    out_steps[d] = kept[d] == in[d] ? out_steps[d] : 0;
  }
  std::fill(out, out + outputs, 0.0F);
  for (std::int64_t flat = 0; flat < inputs; ++flat) {
    std::int64_t rest = flat;
    std::int64_t to = 0;
    for (std::size_t d = in.size(); d-- > 0;) {
      to += rest % in[d] * out_steps[d];
      rest /= in[d];
    }
    out[to] += x[flat];
  }
  const std::int64_t elements_per_mean = inputs / outputs;
  const auto divisor = static_cast<float>(elements_per_mean);
  std::transform(out, out + outputs, out, [=](float sum) { return sum / divisor; });
}

} // namespace tinyml::kernels::reference
