// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/quantize_model.hpp"

#include "compiler/ir/types.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tinyml::driver {
namespace {

using nlohmann::json;

constexpr std::size_t kMostPatterns = 256;

std::size_t element_count(const ir::Graph &graph, ir::ValueId id) {
  return static_cast<std::size_t>(ir::element_count(graph.values[id].type.shape));
}

Failure<HostError> wrong(const std::string &why) {
  return fail(ErrorCode::kInvalidInput, "the request's options: " + why);
}

/// A key's value; null when it is absent.
json at(const json &options, const char *key) {
  const auto found = options.find(key);
  return found == options.end() ? json() : *found;
}

Expected<std::vector<std::string>> parse_patterns(const json &list) {
  std::vector<std::string> patterns;
  if (list.is_null()) {
    return patterns;
  }
  const bool texts =
      list.is_array() && list.size() <= kMostPatterns &&
      std::all_of(list.begin(), list.end(), [](const json &one) { return one.is_string(); });
  if (!texts) {
    return wrong("float_layers must be a list of at most 256 texts");
  }
  return list.get<std::vector<std::string>>();
}

} // namespace

Expected<quantize::CalibrationSamples> split_by_input(const ir::Graph &graph,
                                                      std::span<const float> values) {
  std::size_t per_sample = 0;
  for (const ir::ValueId id : graph.inputs) {
    per_sample += element_count(graph, id);
  }
  if (per_sample == 0 || values.empty() || values.size() % per_sample != 0) {
    return fail(ErrorCode::kInvalidInput, "the calibration samples have " +
                                              std::to_string(values.size()) +
                                              " values, which is no multiple of the model's " +
                                              std::to_string(per_sample) + " input values");
  }
  quantize::CalibrationSamples samples{.inputs =
                                           std::vector<std::vector<float>>(graph.inputs.size()),
                                       .count = values.size() / per_sample};
  for (std::size_t sample = 0; sample < samples.count; ++sample) {
    for (std::size_t input = 0; input < graph.inputs.size(); ++input) {
      const std::size_t count = element_count(graph, graph.inputs[input]);
      samples.inputs[input].insert(samples.inputs[input].end(), values.begin(),
                                   values.begin() + static_cast<std::ptrdiff_t>(count));
      values = values.subspan(count);
    }
  }
  return samples;
}

Expected<ir::Graph> quantize_model(const ir::Graph &graph, const CompileOptions &options,
                                   quantize::QuantizeReport &report) {
  if (options.calibration.empty()) {
    return fail(ErrorCode::kInvalidInput, "a float model is quantised with sample inputs, and "
                                          "there are none; give a calibration data set, or compile "
                                          "it as float32");
  }
  const auto samples = split_by_input(graph, options.calibration);
  if (!samples.ok()) {
    return Failure{samples.error()};
  }
  quantize::QuantizeOptions how = options.quantization;
  how.activations =
      options.precision == Precision::kInt16 ? ir::ElementType::kInt16 : ir::ElementType::kInt8;
  return quantize::quantize(graph, *samples, how, report);
}

Expected<quantize::QuantizeOptions> parse_quantize_options(const json &options) {
  quantize::QuantizeOptions parsed;
  if (const json method = at(options, "calibration_method"); !method.is_null()) {
    if (!method.is_string()) {
      return wrong("calibration_method must be a text");
    }
    const auto range = quantize::parse_range_choice(method.get<std::string>());
    if (!range.ok()) {
      return Failure{range.error()};
    }
    parsed.range = *range;
  }
  auto patterns = parse_patterns(at(options, "float_layers"));
  if (!patterns.ok()) {
    return Failure{patterns.error()};
  }
  parsed.float_layers = *std::move(patterns);
  if (const json quality = at(options, "min_sqnr_db"); !quality.is_null()) {
    if (!quality.is_number()) {
      return wrong("min_sqnr_db must be a number");
    }
    parsed.least_output_sqnr_db = quality.get<double>();
  }
  if (const json each = at(options, "per_channel_fully_connected"); !each.is_null()) {
    if (!each.is_boolean()) {
      return wrong("per_channel_fully_connected must be true or false");
    }
    parsed.per_channel_fully_connected = each.get<bool>();
  }
  return parsed;
}

void add_quantize_options(json &options, const quantize::QuantizeOptions &from) {
  options["calibration_method"] = quantize::name_of(from.range);
  options["float_layers"] = from.float_layers;
  options["min_sqnr_db"] = from.least_output_sqnr_db ? json(*from.least_output_sqnr_db) : json();
  options["per_channel_fully_connected"] = from.per_channel_fully_connected;
}

json quantization_report(const quantize::QuantizeReport &report) {
  return {{"calibration_method", quantize::name_of(report.range)},
          {"calibration_samples", report.calibration_samples},
          {"output_sqnr_db", report.output_sqnr_db},
          {"notes", report.notes}};
}

void add_layer_errors(json &layer, const quantize::LayerError &error) {
  layer["precision"] = element_name(error.computed_in);
  layer["sqnr_db"] = error.sqnr_db;
  layer["mean_squared_error"] = error.mean_squared_error;
  layer["largest_error"] = error.largest_error;
  if (error.noise_share) {
    layer["noise_share"] = *error.noise_share;
  }
}

const char *element_name(ir::ElementType element) {
  switch (element) {
  case ir::ElementType::kFloat32:
    return "float32";
  case ir::ElementType::kInt8:
    return "int8";
  case ir::ElementType::kUint8:
    return "uint8";
  case ir::ElementType::kInt16:
    return "int16";
  case ir::ElementType::kInt32:
    return "int32";
  case ir::ElementType::kInt64:
    return "int64";
  case ir::ElementType::kBool:
    break;
  }
  return "bool";
}

} // namespace tinyml::driver
