// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/boxes.hpp"
#include "compiler/codegen/layer.hpp"

#include "compiler/ir/functions.hpp"
#include "compiler/ir/types.hpp"

namespace tinyml::codegen {
namespace {

/// The call of reduce.hpp for any axes; `function` is an enumerator of ReduceFunction.
Layer reduce_layer(const LayerContext &c, const std::string &function) {
  const ir::Shape &in = c.in().shape;
  std::vector<bool> reduced(in.size(), false);
  for (const std::int64_t axis : ir::ints_attribute(c.node, "axes", {})) {
    reduced[static_cast<std::size_t>(axis)] = true;
  }
  ir::Shape kept_shape = in;
  for (std::size_t i = 0; i < in.size(); ++i) {
    kept_shape[i] = reduced[i] ? 1 : in[i];
  }
  const auto in_steps = dense_steps(in);
  const auto out_steps = dense_steps(kept_shape);
  std::vector<BoxAxis> kept;
  std::vector<BoxAxis> gathered;
  for (std::size_t i = 0; i < in.size(); ++i) {
    (reduced[i] ? gathered : kept).push_back({in[i], in_steps[i], reduced[i] ? 0 : out_steps[i]});
  }
  kept = joined(kept);
  gathered = joined(gathered);
  Layer layer;
  layer.header = "reduce.hpp";
  layer.calls.push_back(
      {"reduce",
       "Reduce<tinyml::kernels::ReduceFunction::" + function + ", " + std::to_string(kept.size()) +
           ", " + std::to_string(gathered.size()) + ">",
       Fields()
           .add("kept", box_fields(kept))
           .add("reduced", box_fields(gathered))
           .add("reduced_count", ir::element_count(in) / ir::element_count(kept_shape)),
       {c.input_text(0, layer), c.output_text()},
       false});
  return layer;
}

} // namespace

Layer make_scattered_mean(const LayerContext &c) { return reduce_layer(c, "kMean"); }

Expected<Layer> make_reduce(const LayerContext &c) {
  if (auto layer = make_bias_gradient(c)) {
    return *std::move(layer);
  }
  const auto *info = ir::find_reduce_function(ir::text_attribute(c.node, "function", ""));
  const bool quantized =
      c.in().element != ir::ElementType::kFloat32 && c.in().quantization.has_value();
  const bool picks = info != nullptr && (info->function == kernels::ReduceFunction::kMax ||
                                         info->function == kernels::ReduceFunction::kMin);
  const bool sums = info != nullptr && (info->function == kernels::ReduceFunction::kSum ||
                                        info->function == kernels::ReduceFunction::kMean);
  if (quantized && sums) {
    return make_mean(c);
  }
  if (info == nullptr || (quantized && !(picks && c.in().quantization == c.out().quantization))) {
    return c.unsupported("it is computed in float and in plain integers only");
  }
  return reduce_layer(c, std::string(info->constant));
}

Expected<Layer> make_arg_reduce(const LayerContext &c) {
  const ir::Shape &in = c.in().shape;
  const auto axis = ir::int_attribute(c.node, "axis", 0);
  const auto product = [&](std::int64_t first, std::int64_t end) {
    return ir::element_count({in.begin() + first, in.begin() + end});
  };
  const auto truth = [](bool value) { return value ? "true" : "false"; };
  Layer layer;
  layer.header = "reduce.hpp";
  layer.calls.push_back({"arg_reduce",
                         std::string("ArgReduce<") +
                             truth(ir::text_attribute(c.node, "function", "") == "min") + ", " +
                             truth(ir::int_attribute(c.node, "last", 0) != 0) + ">",
                         Fields()
                             .add("outer", product(0, axis))
                             .add("depth", in[static_cast<std::size_t>(axis)])
                             .add("inner", product(axis + 1, static_cast<std::int64_t>(in.size()))),
                         {c.input_text(0, layer), c.output_text()},
                         false});
  return layer;
}

} // namespace tinyml::codegen
