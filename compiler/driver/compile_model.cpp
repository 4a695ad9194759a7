// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/compile_model.hpp"

#include "compiler/frontends/onnx/import.hpp"
#include "compiler/frontends/tflite/import.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/passes/passes.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace tinyml::driver {
namespace {

using nlohmann::json;

const char *type_name(ir::ElementType type) {
  switch (type) {
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

json tensors_of(const CompiledModel &model, const std::vector<ir::ValueId> &ids) {
  json tensors = json::array();
  for (const ir::ValueId id : ids) {
    const ir::Value &value = model.graph.values[id];
    const auto &quantization = value.type.quantization;
    const auto &placement = model.plan.placements[id];
    tensors.push_back({{"name", value.name},
                       {"type", type_name(value.type.element)},
                       {"shape", value.type.shape},
                       {"size_bytes", placement ? placement->size_bytes : 0},
                       {"scale", quantization ? quantization->scales.at(0) : 0.0F},
                       {"zero_point", quantization ? quantization->zero_points.at(0) : 0}});
  }
  return tensors;
}

json layers_of(const CompiledModel &model) {
  json layers = json::array();
  for (const codegen::LayerReport &layer : model.module.layers) {
    json entry = {{"name", layer.name},
                  {"op", layer.op},
                  {"shape", layer.shape},
                  {"macs", layer.macs},
                  {"weight_bytes", layer.weight_bytes}};
    const auto &measured = model.quantization.layers;
    const auto same = std::find_if(measured.begin(), measured.end(),
                                   [&](const auto &one) { return one.node == layer.name; });
    if (same != measured.end()) {
      entry["sqnr_db"] = same->sqnr_db;
    }
    layers.push_back(std::move(entry));
  }
  return layers;
}

/// Whether the model came quantised: some node computes in integers.
bool is_quantized(const ir::Graph &graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const ir::Node &node) {
    const ir::ElementType element = graph.values[node.outputs[0]].type.element;
    return node.op != ir::Op::kQuantize &&
           (element == ir::ElementType::kInt8 || element == ir::ElementType::kInt16);
  });
}

Expected<void> check_precision(const ir::Graph &graph, const CompileOptions &options) {
  if (options.precision == Precision::kFloat32 && is_quantized(graph)) {
    return fail(ErrorCode::kInvalidInput,
                "this model is quantised already, so it cannot be compiled as float32; compile it "
                "as int8, or take the float model that it was made from");
  }
  return {};
}

std::size_t element_count(const ir::Shape &shape) {
  return static_cast<std::size_t>(
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
}

/// Splits samples that lie one after the other, each with all inputs of the model, by input.
Expected<quantize::CalibrationSamples> split_by_input(const ir::Graph &graph,
                                                      std::span<const float> values) {
  std::size_t per_sample = 0;
  for (const ir::ValueId id : graph.inputs) {
    per_sample += element_count(graph.values[id].type.shape);
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
      const std::size_t count = element_count(graph.values[graph.inputs[input]].type.shape);
      samples.inputs[input].insert(samples.inputs[input].end(), values.begin(),
                                   values.begin() + static_cast<std::ptrdiff_t>(count));
      values = values.subspan(count);
    }
  }
  return samples;
}

codegen::Instantiation instantiation_for(Optimize optimize) {
  switch (optimize) {
  case Optimize::kSize:
    return codegen::Instantiation::kShared;
  case Optimize::kSpeed:
    return codegen::Instantiation::kPerLayer;
  case Optimize::kBalanced:
    break;
  }
  return codegen::Instantiation::kBalanced;
}

Expected<ir::Graph> quantized(const ir::Graph &graph, const CompileOptions &options,
                              quantize::QuantizeReport &report) {
  if (options.calibration.empty()) {
    return fail(ErrorCode::kInvalidInput, "a float model is quantised to int8 with sample inputs, "
                                          "and there are none; give a calibration data "
                                          "set, or compile it as float32");
  }
  const auto samples = split_by_input(graph, options.calibration);
  if (!samples.ok()) {
    return Failure{samples.error()};
  }
  return quantize::quantize(graph, *samples, quantize::QuantizeOptions{}, report);
}

/// Plan and code for one instruction set.
Expected<void> generate_into(CompiledModel &model, const CompileOptions &options) {
  auto plan = plan::make_plan(model.graph, {.isa = options.isa});
  if (!plan.ok()) {
    return Failure{plan.error()};
  }
  auto module = codegen::generate(model.graph, *plan,
                                  {.model_name = options.model_name,
                                   .build_id = options.build_id,
                                   .isa = options.isa,
                                   .instantiation = instantiation_for(options.optimize)});
  if (!module.ok()) {
    return Failure{module.error()};
  }
  model.plan = *std::move(plan);
  model.module = *std::move(module);
  return {};
}

} // namespace

Expected<Optimize> parse_optimize(const std::string &text) {
  for (const Optimize one : {Optimize::kSize, Optimize::kBalanced, Optimize::kSpeed}) {
    if (text == name_of(one)) {
      return one;
    }
  }
  return fail(ErrorCode::kInvalidInput,
              "nothing is optimised for '" + text + "'; there are: size, balanced, speed");
}

const char *name_of(Optimize optimize) {
  switch (optimize) {
  case Optimize::kSize:
    return "size";
  case Optimize::kSpeed:
    return "speed";
  case Optimize::kBalanced:
    break;
  }
  return "balanced";
}

Expected<Precision> parse_precision(const std::string &text) {
  if (text == "int8") {
    return Precision::kInt8;
  }
  if (text == "float32") {
    return Precision::kFloat32;
  }
  return fail(ErrorCode::kInvalidInput, "no precision '" + text + "'; there are: int8, float32");
}

const char *name_of(Precision precision) {
  return precision == Precision::kInt8 ? "int8" : "float32";
}

Expected<ir::Graph> load_model(ByteView model) {
  auto graph =
      tflite::is_tflite(model) ? tflite::import_tflite(model) : onnx::import_onnx(model, {});
  if (!graph.ok()) {
    return graph;
  }
  if (const auto done = passes::run_default_passes(*graph); !done.ok()) {
    return Failure{done.error()};
  }
  return graph;
}

Expected<CompiledModel> compile_model(ByteView bytes, const CompileOptions &options) {
  auto graph = load_model(bytes);
  if (!graph.ok()) {
    return Failure{graph.error()};
  }
  if (const auto possible = check_precision(*graph, options); !possible.ok()) {
    return Failure{possible.error()};
  }
  quantize::QuantizeReport quantization;
  if (options.precision == Precision::kInt8 && !is_quantized(*graph)) {
    graph = quantized(*graph, options, quantization);
    if (!graph.ok()) {
      return Failure{graph.error()};
    }
  }
  auto compiled = compile_graph(*std::move(graph), options);
  if (compiled.ok()) {
    compiled->quantization = std::move(quantization);
  }
  return compiled;
}

Expected<CompiledModel> compile_graph(ir::Graph graph, const CompileOptions &options) {
  CompiledModel model{.graph = std::move(graph), .optimize = options.optimize};
  if (const auto generated = generate_into(model, options); !generated.ok()) {
    return Failure{generated.error()};
  }
  return model;
}

Expected<codegen::GeneratedModule> generate_for_host(const CompiledModel &model,
                                                     CompileOptions options) {
  if (options.isa == hostrun::kHostIsa) {
    return model.module;
  }
  options.isa = hostrun::kHostIsa;
  CompiledModel again{.graph = model.graph};
  if (const auto generated = generate_into(again, options); !generated.ok()) {
    return Failure{generated.error()};
  }
  return std::move(again.module);
}

json report_of(const CompiledModel &model, Precision precision) {
  return {{"precision", name_of(precision)},
          {"macs", model.module.macs},
          {"weight_bytes", model.module.weight_bytes},
          {"arena_bytes", model.module.arena_bytes},
          {"state_bytes", model.module.state_bytes},
          {"inputs", tensors_of(model, model.graph.inputs)},
          {"outputs", tensors_of(model, model.graph.outputs)},
          {"layers", layers_of(model)}};
}

} // namespace tinyml::driver
