// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/state.hpp"

#include "compiler/ir/attributes.hpp"

namespace tinyml::ir {
namespace {

/// The last `memory` products of every filter, for every batch.
std::vector<StatePart> svdf_state(const Graph &graph, const Node &node) {
  const TensorType &time = graph.values[node.inputs[2]].type;
  const std::int64_t batches = graph.values[node.inputs[0]].type.shape[0];
  return {{time.element, batches * element_count(time.shape),
           static_cast<std::int32_t>(int_attribute(node, "state_zero_point", 0))}};
}

/// What was put out last, and the cells.
std::vector<StatePart> lstm_state(const Graph &graph, const Node &node) {
  const TensorType &out = graph.values[node.outputs[0]].type;
  const bool time_major = int_attribute(node, "time_major", 0) != 0;
  const std::int64_t count = out.shape[time_major ? 1 : 0] * out.shape[2];
  const bool is_float = out.element == ElementType::kFloat32;
  return {{out.element, count, is_float ? 0 : out.quantization->zero_points[0]},
          {is_float ? ElementType::kFloat32 : ElementType::kInt16, count, 0}};
}

template <typename T> ConstantData filled(const StatePart &part) {
  return constant_data(
      std::vector<T>(static_cast<std::size_t>(part.count), static_cast<T>(part.fill)));
}

} // namespace

std::vector<StatePart> state_of(const Graph &graph, const Node &node) {
  switch (node.op) {
  case Op::kSvdf:
    return svdf_state(graph, node);
  case Op::kLstm:
    return lstm_state(graph, node);
  default:
    return {};
  }
}

ConstantData initial_state(const StatePart &part) {
  switch (part.element) {
  case ElementType::kInt8:
    return filled<std::int8_t>(part);
  case ElementType::kInt16:
    return filled<std::int16_t>(part);
  default:
    return filled<float>(part);
  }
}

} // namespace tinyml::ir
