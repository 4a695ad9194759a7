// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/rewriter.hpp"

#include <algorithm>
#include <numeric>

namespace tinyml::passes {

std::optional<ir::Quantization> transposed(std::optional<ir::Quantization> quantization,
                                           const std::vector<std::int64_t> &permutation) {
  if (quantization && quantization->axis >= 0) {
    const auto moved = std::find(permutation.begin(), permutation.end(), quantization->axis);
    quantization->axis = static_cast<int>(moved - permutation.begin());
  }
  return quantization;
}

Rewriter::Rewriter(ir::Graph &graph)
    : graph_(graph), stands_for_(graph.values.size()), uses_(ir::count_uses(graph)),
      producers_(graph.values.size(), ir::kNoNode), is_output_(graph.values.size(), false) {
  std::iota(stands_for_.begin(), stands_for_.end(), 0);
  for (const ir::ValueId output : graph.outputs) {
    is_output_[output] = true;
  }
}

bool Rewriter::is_float_constant(ir::ValueId id) const {
  return value(id).constant && value(id).type.element == ir::ElementType::kFloat32;
}

ir::Node *Rewriter::producer(ir::ValueId id) {
  return producers_[id] == ir::kNoNode ? nullptr : &graph_.nodes[producers_[id]];
}

void Rewriter::note_new_values() {
  while (stands_for_.size() < graph_.values.size()) {
    stands_for_.push_back(static_cast<ir::ValueId>(stands_for_.size()));
    uses_.push_back(0);
    producers_.push_back(ir::kNoNode);
    is_output_.push_back(false);
  }
}

ir::ValueId Rewriter::emit(ir::Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes,
                           const std::string &name, std::optional<ir::TensorType> declared) {
  if (error_ || std::find(inputs.begin(), inputs.end(), ir::kNoValue) != inputs.end()) {
    return ir::kNoValue;
  }
  const auto id = ir::add_node(
      graph_, {op, std::move(inputs), std::move(attributes), name, "", std::move(declared)});
  if (!id) {
    error_ = id.error();
    return ir::kNoValue;
  }
  note_new_values();
  producers_[*id] = static_cast<ir::NodeId>(graph_.nodes.size() - 1);
  for (const ir::ValueId input : graph_.nodes.back().inputs) {
    ++uses_[input];
  }
  return *id;
}

std::optional<ir::ValueId> Rewriter::try_emit(const ir::Node &like, std::vector<ir::ValueId> inputs,
                                              ir::Attributes attributes) {
  const ir::TensorType declared = value(like.outputs[0]).type;
  const ir::ValueId id =
      emit(like.op, std::move(inputs), std::move(attributes), like.name, declared);
  if (id != ir::kNoValue && shape(id) == declared.shape) {
    return id;
  }
  error_.reset();
  return std::nullopt;
}

ir::ValueId Rewriter::reshape(ir::ValueId x, ir::Shape shape, const std::string &name) {
  if (x == ir::kNoValue || this->shape(x) == shape) {
    return x;
  }
  ir::TensorType declared = value(x).type;
  declared.shape = std::move(shape);
  if (declared.quantization && declared.quantization->axis >= 0) {
    declared.quantization.reset();
  }
  return emit(ir::Op::kReshape, {x}, {}, name, std::move(declared));
}

ir::ValueId Rewriter::transpose(ir::ValueId x, const std::vector<std::int64_t> &permutation,
                                const std::string &name) {
  if (x == ir::kNoValue || std::is_sorted(permutation.begin(), permutation.end())) {
    return x;
  }
  ir::TensorType declared = value(x).type; // the shape is inferred
  declared.quantization = transposed(declared.quantization, permutation);
  return emit(ir::Op::kTranspose, {x}, {{"permutation", permutation}}, name, std::move(declared));
}

ir::ValueId Rewriter::constant(const std::string &name, ir::Shape shape,
                               const std::vector<float> &elements) {
  const ir::ValueId id = ir::add_float_constant(graph_, name, std::move(shape), elements);
  note_new_values();
  return id;
}

void Rewriter::keep(ir::Node node) {
  for (const ir::ValueId output : node.outputs) {
    producers_[output] = static_cast<ir::NodeId>(graph_.nodes.size());
  }
  graph_.nodes.push_back(std::move(node));
}

void Rewriter::replace(const ir::Node &node, ir::ValueId by) {
  if (by == ir::kNoValue) {
    return; // an error was noted
  }
  for (const ir::ValueId input : node.inputs) {
    --uses_[input];
  }
  let_stand_for(node.outputs[0], by);
}

void Rewriter::let_stand_for(ir::ValueId old, ir::ValueId by) {
  if (by == ir::kNoValue) {
    return;
  }
  if (is_output_[old] && (producers_[by] == ir::kNoNode || is_output_[by])) {
    // An output keeps its own value, so that it keeps its name: this reshape is a copy.
    by = emit(ir::Op::kReshape, {by}, {}, value(old).name, value(by).type);
    if (by == ir::kNoValue) {
      return;
    }
  }
  stands_for_[old] = by;
  uses_[by] += uses_[old];
  is_output_[by] = is_output_[by] || is_output_[old];
  auto &quantization = graph_.values[by].type.quantization;
  if (!quantization && !graph_.values[by].constant) {
    quantization = graph_.values[old].type.quantization;
  }
}

void Rewriter::redirect(std::vector<ir::ValueId> &ids) const {
  for (ir::ValueId &id : ids) {
    while (stands_for_[id] != id) {
      id = stands_for_[id];
    }
  }
}

void Rewriter::finish() {
  std::vector<ir::ValueId> outputs = graph_.outputs;
  redirect(outputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] != graph_.outputs[i] && producers_[outputs[i]] != ir::kNoNode) {
      graph_.values[outputs[i]].name = graph_.values[graph_.outputs[i]].name;
    }
  }
  graph_.outputs = std::move(outputs);
  ir::remove_dead(graph_);
}

} // namespace tinyml::passes
