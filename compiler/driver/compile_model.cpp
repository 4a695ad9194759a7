// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/compile_model.hpp"

#include "compiler/driver/quantize_model.hpp"
#include "compiler/frontends/onnx/import.hpp"
#include "compiler/frontends/tflite/import.hpp"
#include "compiler/passes/passes.hpp"

#include <algorithm>

namespace tinyml::driver {
namespace {

using nlohmann::json;

json tensors_of(const CompiledModel &model, const std::vector<ir::ValueId> &ids) {
  json tensors = json::array();
  for (const ir::ValueId id : ids) {
    const ir::Value &value = model.graph.values[id];
    const auto &quantization = value.type.quantization;
    const auto &placement = model.plan.placements[id];
    tensors.push_back({{"name", value.name},
                       {"type", element_name(value.type.element)},
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
      add_layer_errors(entry, *same);
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
  if (options.precision != Precision::kInt8 && is_quantized(graph)) {
    return fail(ErrorCode::kInvalidInput,
                std::string("this model is quantised already, so it cannot be compiled as ") +
                    name_of(options.precision) +
                    "; compile it without asking for that (int8), or take the float model that it "
                    "was made from");
  }
  return {};
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

/// Splits the graph when that was asked for and helps; then plan and code are made again.
Expected<void> apply_patches(CompiledModel &model, const CompileOptions &options) {
  const bool too_large =
      options.arena_limit_bytes && model.plan.arena_bytes > *options.arena_limit_bytes;
  if (options.strips == 1 || (options.strips == 0 && !too_large)) {
    return {};
  }
  auto patched =
      find_patches(model.graph, {.isa = options.isa,
                                 .arena_limit_bytes = options.arena_limit_bytes.value_or(0),
                                 .strips = options.strips});
  if (!patched) {
    return {};
  }
  model.graph = std::move(patched->graph);
  model.patches = patched->patches;
  return generate_into(model, options);
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
  for (const Precision one : {Precision::kInt8, Precision::kInt16, Precision::kFloat32}) {
    if (text == name_of(one)) {
      return one;
    }
  }
  return fail(ErrorCode::kInvalidInput,
              "no precision '" + text + "'; there are: int8, int16, float32");
}

const char *name_of(Precision precision) {
  switch (precision) {
  case Precision::kInt8:
    return "int8";
  case Precision::kInt16:
    return "int16";
  case Precision::kFloat32:
    break;
  }
  return "float32";
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
  if (options.precision != Precision::kFloat32 && !is_quantized(*graph)) {
    graph = quantize_model(*graph, options, quantization);
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
  if (const auto patched = apply_patches(model, options); !patched.ok()) {
    return Failure{patched.error()};
  }
  return model;
}

std::optional<CompiledModel> compile_in_strips(const CompiledModel &model, CompileOptions options,
                                               std::uint64_t excess_bytes) {
  if (options.strips != 0 || model.patches.strips != 0 || excess_bytes == 0 ||
      excess_bytes >= model.plan.arena_bytes) {
    return std::nullopt;
  }
  options.arena_limit_bytes = model.plan.arena_bytes - static_cast<std::uint32_t>(excess_bytes);
  auto smaller = compile_graph(model.graph, options);
  if (!smaller.ok() || smaller->plan.arena_bytes > *options.arena_limit_bytes) {
    return std::nullopt;
  }
  smaller->quantization = model.quantization;
  return *std::move(smaller);
}

Expected<codegen::GeneratedModule> generate_for(const std::string &isa, const CompiledModel &model,
                                                CompileOptions options) {
  if (options.isa == isa) {
    return model.module;
  }
  options.isa = isa;
  CompiledModel again{.graph = model.graph};
  if (const auto generated = generate_into(again, options); !generated.ok()) {
    return Failure{generated.error()};
  }
  return std::move(again.module);
}

json report_of(const CompiledModel &model, Precision precision) {
  json report = {{"precision", name_of(precision)},
                 {"macs", model.module.macs},
                 {"weight_bytes", model.module.weight_bytes},
                 {"arena_bytes", model.module.arena_bytes},
                 {"state_bytes", model.module.state_bytes},
                 {"inputs", tensors_of(model, model.graph.inputs)},
                 {"outputs", tensors_of(model, model.graph.outputs)},
                 {"layers", layers_of(model)}};
  if (model.patches.strips > 0) {
    report["patches"] = {{"strips", model.patches.strips},
                         {"layers", model.patches.layers},
                         {"extra_macs", model.patches.extra_macs},
                         {"text", describe(model.patches)}};
  }
  if (model.quantization.calibration_samples > 0) {
    report["quantization"] = quantization_report(model.quantization);
  }
  return report;
}

} // namespace tinyml::driver
