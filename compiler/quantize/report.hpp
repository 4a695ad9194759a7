// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/quantize/calibration.hpp"

namespace tinyml::quantize {

/// A float graph, its int8 form, and which value became which.
struct GraphPair {
  const ir::Graph &real;
  const ir::Graph &quantized;
  const std::vector<ir::ValueId> &ids;     ///< by the float graph's value id
  const std::vector<bool> &not_comparable; ///< the same; these hold clamped numbers on purpose
};

/// Error of every layer over the first samples.
[[nodiscard]] Expected<std::vector<LayerError>>
measure_layers(const GraphPair &pair, const CalibrationSamples &samples, std::size_t count);

} // namespace tinyml::quantize
