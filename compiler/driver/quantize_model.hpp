// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/driver/compile_model.hpp"

#include <nlohmann/json_fwd.hpp>

namespace tinyml::driver {

/// Samples that lie one after the other, each with all inputs of the model, by input.
[[nodiscard]] Expected<quantize::CalibrationSamples> split_by_input(const ir::Graph &graph,
                                                                    std::span<const float> values);

/// A float model as `options` want it; kInvalidInput without calibration samples.
[[nodiscard]] Expected<ir::Graph> quantize_model(const ir::Graph &graph,
                                                 const CompileOptions &options,
                                                 quantize::QuantizeReport &report);

/// The keys of a request's `options` (docs/backend.md) that say how to quantise, and back. What is
/// absent or null has its default; a value of another kind is an error.
[[nodiscard]] Expected<quantize::QuantizeOptions>
parse_quantize_options(const nlohmann::json &options);
void add_quantize_options(nlohmann::json &options, const quantize::QuantizeOptions &from);

/// `quantization` of a build's report.
[[nodiscard]] nlohmann::json quantization_report(const quantize::QuantizeReport &report);
/// Adds precision and errors to one entry of the report's `layers`.
void add_layer_errors(nlohmann::json &layer, const quantize::LayerError &error);

/// "float32", "int8", …: the words of reports and requests.
[[nodiscard]] const char *element_name(ir::ElementType element);

} // namespace tinyml::driver
