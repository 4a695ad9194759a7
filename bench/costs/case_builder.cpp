// SPDX-License-Identifier: Apache-2.0
#include "bench/costs/case_builder.hpp"

#include "compiler/ir/operators.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/ir/verify.hpp"

namespace tinyml::bench {
namespace {

using ir::ElementType;
using ir::Op;

constexpr float kInputScale = 0.02F;
constexpr float kWeightScale = 0.005F;
constexpr float kOutputScale = 0.05F;

std::vector<std::int64_t> both(std::int64_t extent) { return {extent, extent}; }

} // namespace

ir::TensorType CaseBuilder::type(ElementType element, const ir::Shape &shape) const {
  if (element == ElementType::kFloat32) {
    return {element, shape, {}};
  }
  const std::int32_t zero_point = element == ElementType::kInt8 ? 3 : 0;
  return {element, shape, ir::Quantization{{kInputScale}, {zero_point}, -1}};
}

ir::ValueId CaseBuilder::weights(ir::Graph &graph, const ir::Shape &shape, int axis) {
  const auto count = static_cast<std::size_t>(ir::element_count(shape));
  if (is_float()) {
    std::vector<float> elements(count);
    std::uniform_real_distribution<float> values(-0.5F, 0.5F);
    for (float &element : elements) {
      element = values(random_);
    }
    return ir::add_float_constant(graph, "w", shape, elements);
  }
  ir::ConstantData data(count);
  for (auto &byte : data) {
    byte = static_cast<std::uint8_t>(random_() % 255 + 129); // -127 … 127
  }
  const auto channels = static_cast<std::size_t>(shape[static_cast<std::size_t>(axis)]);
  const ir::Quantization q{std::vector<float>(channels, kWeightScale),
                           std::vector<std::int32_t>(channels, 0), axis};
  return ir::add_constant(graph, "w", {ElementType::kInt8, shape, q}, std::move(data));
}

ir::ValueId CaseBuilder::bias(ir::Graph &graph, std::int64_t outputs) {
  const auto count = static_cast<std::size_t>(outputs);
  if (is_float()) {
    return ir::add_float_constant(graph, "b", {outputs}, std::vector<float>(count, 0.1F));
  }
  const ir::Quantization q{std::vector<float>(count, kInputScale * kWeightScale),
                           std::vector<std::int32_t>(count, 0), 0};
  if (element_ == ElementType::kInt16) {
    return ir::add_constant(graph, "b", {ElementType::kInt64, {outputs}, q},
                            ir::constant_data(std::vector<std::int64_t>(count, 100)));
  }
  return ir::add_constant(graph, "b", {ElementType::kInt32, {outputs}, q},
                          ir::constant_data(std::vector<std::int32_t>(count, 100)));
}

void CaseBuilder::add(ir::Graph graph, ir::NodeSpec spec, const ir::TensorType &output) {
  spec.name = "node";
  spec.declared = output;
  std::string name(ir::op_name(spec.op));
  for (const ir::ValueId input : spec.inputs) {
    name += " " + ir::shape_text(graph.values[input].type.shape);
  }
  const auto made = ir::add_node(graph, std::move(spec));
  if (!made.ok()) {
    return;
  }
  graph.outputs.push_back(*made);
  if (ir::verify(graph).ok()) {
    cases_.push_back({std::move(name), std::move(graph)});
  }
}

void CaseBuilder::convolution(const WindowShape &s) {
  ir::Graph graph;
  const auto x = ir::add_input(graph, "x", type({1, s.height, s.width, s.channels}));
  const auto w = weights(graph, {s.outputs, s.kernel, s.kernel, s.channels / s.groups}, 0);
  const auto b = bias(graph, s.outputs);
  ir::TensorType out = type({});
  if (out.quantization) {
    out.quantization->scales[0] = kOutputScale;
  }
  add(std::move(graph),
      {Op::kConv2d,
       {x, w, b},
       {{"strides", both(s.stride)},
        {"pads", std::vector<std::int64_t>(4, s.pad)},
        {"groups", s.groups},
        {"activation", std::string("relu")}}},
      out);
}

void CaseBuilder::depthwise(const WindowShape &s) {
  ir::Graph graph;
  const auto x = ir::add_input(graph, "x", type({1, s.height, s.width, s.channels}));
  const auto w = weights(graph, {1, s.kernel, s.kernel, s.outputs}, 3);
  const auto b = bias(graph, s.outputs);
  add(std::move(graph),
      {Op::kDepthwiseConv2d,
       {x, w, b},
       {{"strides", both(s.stride)},
        {"pads", std::vector<std::int64_t>(4, s.pad)},
        {"activation", std::string("relu")}}},
      type({}));
}

void CaseBuilder::pool(Op op, const WindowShape &s) {
  ir::Graph graph;
  const auto x = ir::add_input(graph, "x", type({1, s.height, s.width, s.channels}));
  add(std::move(graph),
      {op,
       {x},
       {{"kernel", both(s.kernel)},
        {"strides", both(s.stride)},
        {"pads", std::vector<std::int64_t>(4, s.pad)}}},
      type({}));
}

void CaseBuilder::fully_connected(std::int64_t rows, std::int64_t inputs, std::int64_t outputs) {
  ir::Graph graph;
  const auto x = ir::add_input(graph, "x", type({rows, inputs}));
  const auto w = weights(graph, {outputs, inputs}, 0);
  const auto b = bias(graph, outputs);
  add(std::move(graph), {Op::kFullyConnected, {x, w, b}}, type({}));
}

void CaseBuilder::matmul(std::int64_t rows, std::int64_t inner, std::int64_t columns) {
  ir::Graph graph;
  const auto a = ir::add_input(graph, "a", type({rows, inner}));
  const auto b = ir::add_input(graph, "b", type({inner, columns}));
  add(std::move(graph), {Op::kMatMul, {a, b}}, type({}));
}

void CaseBuilder::unary(Op op, const ir::Shape &shape, const ir::Attributes &attributes) {
  ir::Graph graph;
  const auto x = ir::add_input(graph, "x", type(shape));
  add(std::move(graph), {op, {x}, attributes}, type({}));
}

void CaseBuilder::softmax(std::int64_t rows, std::int64_t columns) {
  ir::Graph graph;
  const auto x = ir::add_input(graph, "x", type({rows, columns}));
  ir::TensorType out = type({});
  if (out.quantization) {
    out.quantization = element_ == ElementType::kInt8 ? ir::Quantization{{1.0F / 256}, {-128}, -1}
                                                      : ir::Quantization{{1.0F / 32768}, {0}, -1};
  }
  add(std::move(graph), {Op::kSoftmax, {x}, {{"axis", std::int64_t{1}}}}, out);
}

void CaseBuilder::binary(Op op, const ir::Shape &a, const ir::Shape &b) {
  ir::Graph graph;
  const auto first = ir::add_input(graph, "a", type(a));
  const auto second = ir::add_input(graph, "b", type(b));
  ir::TensorType out = type({});
  if (out.quantization) {
    out.quantization->scales[0] = kOutputScale;
  }
  add(std::move(graph), {op, {first, second}}, out);
}

void CaseBuilder::concat(const ir::Shape &a, const ir::Shape &b, std::int64_t axis) {
  ir::Graph graph;
  const auto first = ir::add_input(graph, "a", type(a));
  const auto second = ir::add_input(graph, "b", type(b));
  add(std::move(graph), {Op::kConcat, {first, second}, {{"axis", axis}}}, type({}));
}

void CaseBuilder::convert(Op op, const ir::Shape &shape, ElementType from, ElementType to) {
  ir::Graph graph;
  const auto x = ir::add_input(graph, "x", type(from, shape));
  ir::TensorType out = type(to, shape);
  if (out.quantization) {
    out.quantization->scales[0] = kOutputScale;
  }
  add(std::move(graph), {op, {x}}, out);
}

} // namespace tinyml::bench
