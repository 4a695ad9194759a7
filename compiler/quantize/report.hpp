// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/quantize/calibration.hpp"

namespace tinyml::quantize {

/// A float graph, its integer form, and which value became which.
struct GraphPair {
  const ir::Graph &real;
  const ir::Graph &quantized;
  const std::vector<ir::ValueId> &ids;     ///< by the float graph's value id
  const std::vector<bool> &not_comparable; ///< the same; these hold clamped numbers on purpose
};

/// Differences between two series of numbers.
struct Difference {
  double signal = 0;
  double noise = 0;
  double largest = 0;
  std::uint64_t count = 0;

  void add(std::span<const float> expected, std::span<const float> actual);
  /// 200 when nothing differs.
  [[nodiscard]] double sqnr_db() const;
  [[nodiscard]] double mean_squared_error() const {
    return count == 0 ? 0 : noise / static_cast<double>(count);
  }
};

/// Error of every layer and of the outputs (the worst of several) over the first samples.
struct MeasuredErrors {
  std::vector<LayerError> layers;
  double output_sqnr_db = 0;
};
[[nodiscard]] Expected<MeasuredErrors>
measure_errors(const GraphPair &pair, const CalibrationSamples &samples, std::size_t count);

} // namespace tinyml::quantize
