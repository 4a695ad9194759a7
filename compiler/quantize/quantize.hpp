// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

#include <string>
#include <vector>

/// Post-training quantisation: a float graph in canonical form and typical inputs make an int8
/// graph. The rules (what is symmetric, what keeps its input's scale) are in docs/ir.md.
namespace tinyml::quantize {

/// How the range of an activation is taken from what calibration saw.
enum class RangeMethod {
  kMinMax,     ///< everything that was seen
  kPercentile, ///< without the rarest values at both ends
  kMse,        ///< whatever makes the mean squared error smallest
};

struct QuantizeOptions {
  RangeMethod range = RangeMethod::kMse;
  double percentile = 99.99; ///< of the values that kPercentile keeps
  /// One scale per output of a fully connected layer costs 8 bytes of ROM each.
  bool per_channel_fully_connected = false;
  std::size_t report_samples = 32; ///< samples used to measure the layers' errors
};

/// `inputs[i]` has `count` samples of the graph's input i, one after the other.
struct CalibrationSamples {
  std::vector<std::vector<float>> inputs;
  std::size_t count = 0;
};

/// Signal to quantisation noise at a layer's output, everything before it quantised too.
struct LayerError {
  std::string node;
  std::string op;
  double sqnr_db;
};

struct QuantizeReport {
  std::size_t calibration_samples = 0;
  std::vector<LayerError> layers;
};

/// The graph's inputs and outputs become int8; a scale that a value already has (from a model with
/// quantise/dequantise pairs) is kept. Errors name the node that has no int8 form.
[[nodiscard]] Expected<ir::Graph> quantize(const ir::Graph &float_graph,
                                           const CalibrationSamples &samples,
                                           const QuantizeOptions &options, QuantizeReport &report);

/// Scale and zero point for real numbers in [low, high], widened to hold zero. [0, 1] gives 1/255,
/// -128.
[[nodiscard]] ir::Quantization quantization_for(double low, double high);

} // namespace tinyml::quantize
