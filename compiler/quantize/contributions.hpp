// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/quantize/assignment.hpp"

namespace tinyml::quantize {

/// What each node of the float graph adds to the noise of the graph's outputs: the noise that is
/// there when this node alone computes with integers (its weights and its output rounded), relative
/// to the outputs' signal. 0 for a node that stays float32 or only moves numbers. Powers of
/// independent noises add up, so that a node's part of their sum is its share.
[[nodiscard]] Expected<std::vector<double>>
measure_contributions(const ir::Graph &graph, const Assignment &assignment,
                      const std::vector<ir::ElementType> &forms, const CalibrationSamples &samples,
                      const QuantizeOptions &options);

} // namespace tinyml::quantize
