// SPDX-License-Identifier: Apache-2.0
#include "training/strategies/aggregate.hpp"

#include <algorithm>
#include <cstddef>

namespace tinyml::training {

void add(std::span<float> sum, std::span<const float> values) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] += values[i];
  }
}

void add_weighted(std::span<float> sum, std::span<const float> values, float weight) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] += weight * values[i];
  }
}

void scale(std::span<float> values, float factor) {
  for (float &value : values) {
    value *= factor;
  }
}

float sum_of_squares(std::span<const float> values) {
  float sum = 0;
  for (const float value : values) {
    sum += value * value;
  }
  return sum;
}

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return value - value == 0; });
}

float clip_factor(float norm, float clip_norm) {
  return clip_norm > 0 && norm > clip_norm ? clip_norm / norm : 1;
}

void coordinate_medians(std::span<float> columns, std::uint32_t count, std::span<float> medians) {
  for (std::size_t i = 0; i < medians.size(); ++i) {
    const std::span<float> column = columns.subspan(i * count, count);
    // By heap: the stack of a device has a bound, so nothing recurs.
    std::make_heap(column.begin(), column.end());
    std::sort_heap(column.begin(), column.end());
    const float upper = column[count / 2];
    const float lower = column[(count - 1) / 2];
    medians[i] = lower + (upper - lower) / 2;
  }
}

} // namespace tinyml::training
