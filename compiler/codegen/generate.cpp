// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/generate.hpp"

#include "compiler/codegen/layer.hpp"
#include "compiler/codegen/source_files.hpp"
#include "compiler/codegen/training_source.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace tinyml::codegen {
namespace {

std::string dims_text(const ir::Shape &shape) {
  std::string text;
  for (const std::int64_t dim : shape) {
    text += (text.empty() ? "" : "x") + std::to_string(dim);
  }
  return text.empty() ? "scalar" : text;
}

std::uint64_t weight_bytes(const Layer &layer) {
  std::uint64_t bytes = 0;
  for (const WeightArray &array : layer.weights) {
    bytes += array.same_as.empty() ? array.data.size() : 0;
  }
  return bytes;
}

/// The arrays of a module by content: a layer that is repeated brings the same ones again.
class KnownArrays {
public:
  void find_repeated(Layer &layer) {
    for (WeightArray &array : layer.weights) {
      const auto [known, is_new] =
          names_.try_emplace({array.element, array.alignment, array.data}, array.name);
      array.same_as = is_new ? "" : known->second;
    }
  }

private:
  std::map<std::tuple<ir::ElementType, int, ir::ConstantData>, std::string> names_;
};

LayerReport report_of(const LayerContext &context, const Layer &layer) {
  return {context.node.name, std::string(ir::op_name(context.node.op)),
          dims_text(context.in().shape) + " -> " + dims_text(context.out().shape), layer.macs,
          weight_bytes(layer)};
}

std::vector<TensorReport> tensor_reports(const ir::Graph &graph, const plan::MemoryPlan &plan) {
  std::vector<TensorReport> reports;
  for (std::size_t value = 0; value < graph.values.size(); ++value) {
    if (plan.placements[value]) {
      const ir::TensorType &type = graph.values[value].type;
      reports.push_back({graph.values[value].name,
                         std::string(ir::element_name(type.element)) + " " + dims_text(type.shape),
                         *plan.placements[value]});
    }
  }
  return reports;
}

/// What the module's tables can say.
Expected<void> check_interface(const ir::Graph &graph) {
  constexpr std::size_t kMost = 255;
  if (graph.inputs.size() > kMost || graph.outputs.size() > kMost || graph.outputs.empty()) {
    return fail(ErrorCode::kUnsupported, "a module has up to 255 inputs and 1 to 255 outputs; this "
                                         "graph has " +
                                             std::to_string(graph.inputs.size()) + " and " +
                                             std::to_string(graph.outputs.size()));
  }
  for (const ir::ValueId output : graph.outputs) {
    if (graph.values[output].constant) {
      return fail(ErrorCode::kUnsupported,
                  "the output '" + graph.values[output].name +
                      "' is a constant: the model computes nothing for it");
    }
  }
  return {};
}

Expected<std::vector<PlacedLayer>> make_layers(const ir::Graph &graph, const plan::MemoryPlan &plan,
                                               const Packing &packing, bool wide_scales) {
  std::vector<PlacedLayer> layers;
  KnownArrays arrays;
  for (std::size_t step = 0; step < plan.order.size(); ++step) {
    const ir::Node &node = graph.nodes[plan.order[step]];
    const std::string part = identifier_part(node.name);
    const LayerContext context{graph,
                               plan,
                               node,
                               packing,
                               "layer" + std::to_string(step) + (part.empty() ? "" : "_" + part),
                               wide_scales};
    auto layer = make_layer(context);
    if (!layer) {
      return Failure{layer.error()};
    }
    arrays.find_repeated(*layer);
    LayerReport report = report_of(context, *layer);
    layers.push_back({std::move(*layer), std::move(report)});
  }
  return layers;
}

bool needs_wide_scales(const std::vector<PlacedLayer> &layers) {
  return std::any_of(layers.begin(), layers.end(), [](const PlacedLayer &placed) {
    const auto &calls = placed.layer.calls;
    return std::any_of(calls.begin(), calls.end(), [](const Call &call) {
      return call.type == "Conv2d<generic::Int8WideArithmetic>";
    });
  });
}

} // namespace

Expected<GeneratedModule> generate(const ir::Graph &graph, const plan::MemoryPlan &plan,
                                   const GenerateOptions &options) {
  const auto packing = packing_of(options.isa);
  if (!packing) {
    return Failure{packing.error()};
  }
  if (plan.isa != options.isa) {
    return fail(ErrorCode::kInvalidInput, "the memory plan is for the kernel set '" + plan.isa +
                                              "', the code for '" + options.isa + "'");
  }
  for (const auto &checked : {check_interface(graph), plan::check_plan(graph, plan),
                              check_training(graph, plan, options)}) {
    if (!checked) {
      return Failure{checked.error()};
    }
  }
  auto layers = make_layers(graph, plan, *packing, false);
  if (layers && packing->wide_is_cheap && needs_wide_scales(*layers)) {
    layers = make_layers(graph, plan, *packing, true);
  }
  if (!layers) {
    return Failure{layers.error()};
  }
  GeneratedModule module;
  for (const PlacedLayer &placed : *layers) {
    module.layers.push_back(placed.report);
    module.weight_bytes += placed.report.weight_bytes;
    module.macs += placed.layer.macs;
  }
  module.arena_bytes = plan.arena_bytes;
  module.state_bytes = plan.state_bytes;
  module.variable_bytes = plan.variable_bytes;
  module.tensors = tensor_reports(graph, plan);
  module.files = {
      weights_header(*layers), weights_source(*layers),
      model_source({graph, plan, options, *packing, module.macs, module.weight_bytes}, *layers)};
  return module;
}

} // namespace tinyml::codegen
