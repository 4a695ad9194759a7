// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/quantize/calibration.hpp"

#include <optional>

namespace tinyml::quantize {

/// What every activation of the float graph becomes where an integer layer makes or reads it.
struct Assignment {
  ir::ElementType element = ir::ElementType::kInt8;
  std::vector<std::optional<ir::Quantization>> of; ///< by value id; none for constants
  /// Values that hold only what their reader, a clamp, lets through.
  std::vector<bool> clamped_by_reader;
};

[[nodiscard]] Expected<Assignment> assign(const ir::Graph &graph,
                                          const std::vector<Statistics> &statistics,
                                          const QuantizeOptions &options);

/// Whether a value keeps its operator's input quantisation unless a scale was given for it.
[[nodiscard]] bool keeps_input_scale(const ir::Node &node);

} // namespace tinyml::quantize
