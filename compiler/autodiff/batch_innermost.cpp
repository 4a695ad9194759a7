// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/batch_innermost.hpp"

#include "compiler/ir/batch.hpp"
#include "compiler/ir/variables.hpp"

#include <algorithm>
#include <numeric>

namespace tinyml::autodiff {
namespace {

using ir::Op;
using ir::ValueId;
using Numbers = std::vector<std::int64_t>;

void rotate(Numbers &numbers) {
  if (!numbers.empty()) {
    std::rotate(numbers.begin(), numbers.begin() + 1, numbers.end());
  }
}

ir::TensorType turned(ir::TensorType type) {
  rotate(type.shape);
  return type;
}

class Turner {
public:
  Turner(const ir::Graph &from, std::vector<ValueId> &map)
      : from_(from), map_(map), batched_(from.values.size(), false), writer_(graph_) {
    map_.assign(from.values.size(), ir::kNoValue);
  }

  Expected<ir::Graph> run() {
    graph_.name = from_.name;
    for (const ValueId id : from_.inputs) {
      batched_[id] = from_.values[id].type.shape != ir::Shape{1}; // the rate has no batch
      const ir::TensorType &type = from_.values[id].type;
      map_[id] = ir::add_input(graph_, from_.values[id].name, batched_[id] ? turned(type) : type);
    }
    for (const ir::Node &node : from_.nodes) {
      copy(node);
    }
    if (!writer_.ok()) {
      return writer_.error();
    }
    for (const ValueId id : from_.outputs) {
      graph_.outputs.push_back(map_[id]);
    }
    return std::move(graph_);
  }

private:
  [[nodiscard]] const ir::Shape &old_shape(ValueId id) const { return from_.values[id].type.shape; }

  /// A value as it is; constants and variables come over when they are first used.
  ValueId plain(ValueId id) {
    if (map_[id] == ir::kNoValue) {
      const ir::Value &value = from_.values[id];
      map_[id] = ir::add_constant(graph_, value.name, value.type, *value.constant);
      graph_.values[map_[id]].variable = value.variable;
    }
    return map_[id];
  }

  /// A value that meets batched ones of `rank` dimensions: one without a batch gets a 1 in its
  /// place.
  ValueId aligned(ValueId id, std::size_t rank) {
    const ValueId value = plain(id);
    if (batched_[id] || ir::element_count(old_shape(id)) == 1) {
      return value;
    }
    ir::Shape shape(rank - old_shape(id).size(), 1);
    shape.insert(shape.end(), old_shape(id).begin(), old_shape(id).end());
    rotate(shape);
    return writer_.emit(Op::kReshape, {value}, {},
                        ir::TensorType{from_.values[id].type.element, shape, {}});
  }

  [[nodiscard]] bool reduces_batch(const ir::Node &node) const {
    const Numbers axes = ir::ints_attribute(node, "axes", {});
    return std::find(axes.begin(), axes.end(), 0) != axes.end();
  }

  [[nodiscard]] bool makes_batch(const ir::Node &node) const {
    const bool any = std::any_of(node.inputs.begin(), node.inputs.end(),
                                 [&](ValueId id) { return batched_[id]; });
    if (ir::has_layout(node.op)) {
      return ir::is_batched_output(node.op);
    }
    if (node.op == Op::kReduce || node.op == Op::kMean) {
      return any && (!reduces_batch(node) || ir::int_attribute(node, "keep_dims", 1) != 0);
    }
    if (node.op == Op::kReshape) {
      return any && old_shape(node.inputs[0])[0] == old_shape(node.outputs[0])[0];
    }
    const bool repeats = node.op == Op::kTile && ir::ints_attribute(node, "repeats", {1})[0] > 1;
    return any || repeats;
  }

  /// Its kernels want the last axis, where the batch would be: computed between two transposes.
  void copy_softmax(const ir::Node &node) {
    const auto rank = static_cast<std::int64_t>(old_shape(node.inputs[0]).size());
    Numbers to_last(static_cast<std::size_t>(rank));
    std::iota(to_last.begin(), to_last.end(), 0);
    Numbers to_first = to_last;
    rotate(to_last);
    std::rotate(to_first.begin(), to_first.end() - 1, to_first.end());
    const ValueId x =
        writer_.emit(Op::kTranspose, {plain(node.inputs[0])}, {{"permutation", to_first}});
    const ValueId y = writer_.emit(Op::kSoftmax, {x}, node.attributes);
    map_[node.outputs[0]] = writer_.emit(Op::kTranspose, {y}, {{"permutation", to_last}});
  }

  void copy(const ir::Node &node) {
    const ValueId output = node.outputs[0];
    batched_[output] = makes_batch(node);
    if (node.op == Op::kSoftmax && batched_[output]) {
      return copy_softmax(node);
    }
    ir::Node turned_node = node;
    turn_attributes(turned_node);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      turned_node.inputs[i] = operand(node, i);
    }
    std::optional<ir::TensorType> declared;
    if (node.op == Op::kReshape) {
      const ir::TensorType &type = from_.values[output].type;
      declared = batched_[output] ? turned(type) : type;
      check_reshape(node);
    }
    map_[output] = writer_.emit(node.op, turned_node.inputs, turned_node.attributes, declared);
  }

  ValueId operand(const ir::Node &node, std::size_t i) {
    const bool meets = batched_[node.outputs[0]] && !ir::has_layout(node.op) &&
                       !ir::is_update(node.op) && node.op != Op::kReshape;
    return meets ? aligned(node.inputs[i], old_shape(node.outputs[0]).size())
                 : plain(node.inputs[i]);
  }

  /// Without a batch dimension left, what was turned has its elements in the old order.
  void check_reshape(const ir::Node &node) {
    const ValueId in = node.inputs[0];
    if (batched_[in] && !batched_[node.outputs[0]] && old_shape(in)[0] != 1) {
      writer_.refuse(node, "cannot learn: it mixes the samples of a batch");
    }
  }

  void turn_attributes(ir::Node &node) const {
    const bool batched_input = batched_[node.inputs[0]];
    if (ir::has_layout(node.op)) {
      node.attributes["layout"] = std::string("HWCN");
    } else if (batched_input || batched_[node.outputs[0]]) {
      turn_axes(node);
    }
  }

  void turn_axes(ir::Node &node) const {
    const auto rank = static_cast<std::int64_t>(old_shape(node.inputs[0]).size());
    const auto moved = [rank](std::int64_t axis) { return axis == 0 ? rank - 1 : axis - 1; };
    if (const auto axis = node.attributes.find("axis"); axis != node.attributes.end()) {
      axis->second = moved(std::get<std::int64_t>(axis->second));
    }
    if (const auto axes = node.attributes.find("axes"); axes != node.attributes.end()) {
      auto &list = std::get<Numbers>(axes->second);
      std::transform(list.begin(), list.end(), list.begin(), moved);
      std::sort(list.begin(), list.end());
    }
    if (const auto found = node.attributes.find("permutation"); found != node.attributes.end()) {
      auto &list = std::get<Numbers>(found->second);
      std::transform(list.begin(), list.end(), list.begin(), moved);
      rotate(list);
    }
    turn_lists(node);
  }

  static void turn_lists(ir::Node &node) {
    for (const char *name : {"begins", "sizes", "steps", "repeats"}) {
      if (const auto found = node.attributes.find(name); found != node.attributes.end()) {
        rotate(std::get<Numbers>(found->second));
      }
    }
    if (const auto pads = node.attributes.find("pads"); pads != node.attributes.end()) {
      auto &list = std::get<Numbers>(pads->second);
      const auto middle = list.begin() + static_cast<std::ptrdiff_t>(list.size() / 2);
      std::rotate(list.begin(), list.begin() + 1, middle);
      std::rotate(middle, middle + 1, list.end());
    }
  }

  const ir::Graph &from_;
  std::vector<ValueId> &map_;
  std::vector<bool> batched_; ///< by value of the old graph: it has been turned
  ir::Graph graph_;
  Writer writer_;
};

} // namespace

Expected<ir::Graph> turn_batch_innermost(const ir::Graph &graph, std::vector<ValueId> &map) {
  return Turner(graph, map).run();
}

} // namespace tinyml::autodiff
