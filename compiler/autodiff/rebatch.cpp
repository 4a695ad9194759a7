// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/rebatch.hpp"

#include "compiler/autodiff/batch_norm.hpp"

#include <algorithm>

namespace tinyml::autodiff {
namespace {

using ir::Op;

/// Is input i of the node something that learns, if it is a constant?
bool learns(Op op, std::size_t i) {
  const bool product = op == Op::kConv2d || op == Op::kDepthwiseConv2d || op == Op::kFullyConnected;
  return (product || op == Op::kBatchNorm) && (i == 1 || i == 2);
}

bool is_statistic(Op op, std::size_t i) { return op == Op::kBatchNorm && (i == 3 || i == 4); }

class Rebatcher {
public:
  Rebatcher(const ir::Graph &model, std::int64_t batch)
      : model_(model), batch_(batch), map_(model.values.size(), ir::kNoValue),
        writer_(result_.graph) {}

  Expected<Rebatched> run() {
    if (model_.inputs.size() != 1 || model_.outputs.size() != 1 ||
        model_.values[model_.inputs[0]].type.shape.empty()) {
      return fail(ErrorCode::kUnsupported, "only a model with one input and one output learns");
    }
    result_.graph.name = model_.name;
    const ir::Value &input = model_.values[model_.inputs[0]];
    own_batch_ = input.type.shape[0];
    ir::TensorType type = input.type;
    type.shape[0] = batch_;
    map_[model_.inputs[0]] = ir::add_input(result_.graph, input.name, type);
    for (const ir::Node &node : model_.nodes) {
      copy(node);
    }
    return finish();
  }

private:
  Expected<Rebatched> finish() {
    if (!writer_.ok()) {
      return writer_.error();
    }
    const ir::ValueId output = map_[model_.outputs[0]];
    const ir::Shape &shape = writer_.shape(output);
    if (shape.empty() || shape[0] != batch_) {
      return fail(ErrorCode::kUnsupported,
                  "the model's output does not keep the samples apart: its first dimension is not "
                  "the batch");
    }
    result_.graph.outputs = {output};
    return std::move(result_);
  }

  void copy(const ir::Node &node) {
    ir::Node mapped = node;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      mapped.inputs[i] = find(node, i);
    }
    map_[node.outputs[0]] =
        node.op == Op::kBatchNorm
            ? write_batch_norm(writer_, mapped, result_.statistics)
            : writer_.emit(node.op, mapped.inputs, mapped.attributes, declared(node));
  }

  /// Only a reshape's output is not known from its inputs.
  std::optional<ir::TensorType> declared(const ir::Node &node) {
    if (node.op != Op::kReshape) {
      return std::nullopt;
    }
    ir::TensorType type = model_.values[node.outputs[0]].type;
    if (!type.shape.empty() && type.shape[0] == own_batch_) {
      type.shape[0] = batch_;
    }
    return type;
  }

  ir::ValueId find(const ir::Node &node, std::size_t i) {
    const ir::ValueId old = node.inputs[i];
    if (map_[old] == ir::kNoValue) {
      map_[old] = take_constant(model_.values[old], learns(node.op, i) || is_statistic(node.op, i));
      if (learns(node.op, i)) {
        result_.parameters.push_back(map_[old]);
      }
    }
    return map_[old];
  }

  ir::ValueId take_constant(const ir::Value &value, bool variable) {
    return variable ? ir::add_variable(result_.graph, value.name, value.type.shape, *value.constant)
                    : ir::add_constant(result_.graph, value.name, value.type, *value.constant);
  }

  const ir::Graph &model_;
  std::int64_t batch_;
  std::int64_t own_batch_ = 1;
  std::vector<ir::ValueId> map_;
  Rebatched result_;
  Writer writer_;
};

} // namespace

Expected<Rebatched> rebatch(const ir::Graph &model, std::int64_t batch) {
  return Rebatcher(model, batch).run();
}

} // namespace tinyml::autodiff
