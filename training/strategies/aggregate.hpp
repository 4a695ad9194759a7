// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

/// Arithmetic of blocks of a flat vector: value by value in order, nothing fused, so that every
/// processor gives the same bits.
namespace tinyml::training {

/// sum += values
void add(std::span<float> sum, std::span<const float> values);
/// sum += weight · values
void add_weighted(std::span<float> sum, std::span<const float> values, float weight);
/// values *= factor
void scale(std::span<float> values, float factor);
/// of the values, in order; add the blocks' sums in order.
[[nodiscard]] float sum_of_squares(std::span<const float> values);
[[nodiscard]] bool all_finite(std::span<const float> values);

/// What an update of L2 norm `norm` is multiplied with so that it is no longer than `clip_norm`; 1
/// when that is 0.
[[nodiscard]] float clip_factor(float norm, float clip_norm);

/// The median of each of `medians.size()` coordinates of `count` vectors: coordinate i of vector k
/// is columns[i · count + k]. The mean of the two in the middle when `count` is even. Sorts
/// `columns`. Yin et al., ICML 2018.
void coordinate_medians(std::span<float> columns, std::uint32_t count, std::span<float> medians);

} // namespace tinyml::training
