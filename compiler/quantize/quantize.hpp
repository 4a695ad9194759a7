// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"
#include "compiler/quantize/range.hpp"

#include <optional>
#include <string>
#include <vector>

/// Post-training quantisation: a float graph in canonical form and typical inputs make an integer
/// graph. The rules (what is symmetric, what keeps its input's scale) are in docs/ir.md, the
/// methods and what they cost in docs/quantisation.md.
namespace tinyml::quantize {

struct QuantizeOptions {
  RangeChoice range;
  /// What layers compute with: int8, or int16 with int8 weights.
  ir::ElementType activations = ir::ElementType::kInt8;
  /// Names of layers or operators that stay float32; `*` and `?` stand for any letters.
  std::vector<std::string> float_layers;
  /// Layers become float32, the noisiest first, until the model's outputs are at least as good.
  std::optional<double> least_output_sqnr_db;
  /// One scale per output of a fully connected layer costs 8 bytes of ROM each.
  bool per_channel_fully_connected = false;
  std::size_t report_samples = 32; ///< samples used to measure the layers' errors
  /// Samples used to measure what each layer adds to the outputs' noise; every layer costs a run of
  /// the model for each. 0: not measured.
  std::size_t contribution_samples = 0;
};

/// `inputs[i]` has `count` samples of the graph's input i, one after the other.
struct CalibrationSamples {
  std::vector<std::vector<float>> inputs;
  std::size_t count = 0;
};

/// How far a layer's output is from the float graph's, everything before it quantised too.
struct LayerError {
  std::string node;
  std::string op;
  ir::ElementType computed_in;
  double sqnr_db; ///< signal to quantisation noise
  double mean_squared_error;
  double largest_error;
  /// Of the noise at the model's outputs, what appears when this layer alone is quantised, 0…1.
  std::optional<double> noise_share;
};

struct QuantizeReport {
  RangeChoice range; ///< as asked for
  std::size_t calibration_samples = 0;
  std::vector<LayerError> layers;
  double output_sqnr_db = 0; ///< the smallest of all outputs
  /// What a person should know: layers that stay float32 and why.
  std::vector<std::string> notes;
};

/// The graph's inputs and outputs become integers; a scale that a value already has (from a model
/// with quantise/dequantise pairs) is kept. Layers without an integer form, or that `float_layers`
/// names, compute in float32 between a dequantize and a quantize.
[[nodiscard]] Expected<ir::Graph> quantize(const ir::Graph &float_graph,
                                           const CalibrationSamples &samples,
                                           const QuantizeOptions &options, QuantizeReport &report);

/// Scale and zero point of int8 for real numbers in [low, high], widened to hold zero. [0, 1] gives
/// 1/255, -128.
[[nodiscard]] ir::Quantization quantization_for(double low, double high);
/// The same for any integer type of activations; int16 is symmetric.
[[nodiscard]] ir::Quantization quantization_for(ir::ElementType element, RealRange range);

} // namespace tinyml::quantize
