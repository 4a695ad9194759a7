// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/quantize/calibration.hpp"

#include <optional>

namespace tinyml::quantize {

/// What every activation of the float graph becomes.
struct Assignment {
  std::vector<std::optional<ir::Quantization>> of; ///< by value id; none for constants
  /// Values that hold only what their reader, a clamp, lets through.
  std::vector<bool> clamped_by_reader;
};

[[nodiscard]] Expected<Assignment> assign(const ir::Graph &graph,
                                          const std::vector<Statistics> &statistics,
                                          const QuantizeOptions &options);

/// Whether a value keeps its operator's input quantisation unless a scale was given for it.
[[nodiscard]] bool keeps_input_scale(const ir::Node &node);

/// A float constant as int8 with one scale, for operators that take it like an activation.
[[nodiscard]] ir::Quantization constant_quantization(const ir::Value &constant);

/// Largest magnitude per index of `axis` (one for all when negative), over 127.
[[nodiscard]] std::vector<float> symmetric_scales(const ir::Value &weights, int axis);

} // namespace tinyml::quantize
