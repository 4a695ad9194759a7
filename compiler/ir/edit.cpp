// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/edit.hpp"

#include "compiler/ir/operators.hpp"
#include "compiler/ir/variables.hpp"

#include <algorithm>

namespace tinyml::ir {
namespace {

ValueId add_value(Graph &graph, Value value) {
  graph.values.push_back(std::move(value));
  return static_cast<ValueId>(graph.values.size() - 1);
}

std::vector<bool> find_live_nodes(const Graph &graph, std::vector<bool> &needed) {
  std::vector<bool> live(graph.nodes.size(), false);
  for (const ValueId output : graph.outputs) {
    needed[output] = true;
  }
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node &node = graph.nodes[i];
    live[i] = is_update(node.op) || std::any_of(node.outputs.begin(), node.outputs.end(),
                                                [&](ValueId output) { return needed[output]; });
    for (std::size_t k = 0; live[i] && k < node.inputs.size(); ++k) {
      needed[node.inputs[k]] = true;
    }
  }
  return live;
}

/// Moves values from an old list to a new one in the order they are asked for.
class Renumbering {
public:
  explicit Renumbering(std::vector<Value> &old) : old_(old), map_(old.size(), kNoValue) {}

  ValueId move(ValueId id) {
    if (map_[id] == kNoValue) {
      map_[id] = static_cast<ValueId>(values_.size());
      values_.push_back(std::move(old_[id]));
    }
    return map_[id];
  }

  std::vector<Value> take_values() { return std::move(values_); }
  std::vector<ValueId> take_map() { return std::move(map_); }

private:
  std::vector<Value> &old_;
  std::vector<Value> values_;
  std::vector<ValueId> map_;
};

} // namespace

ValueId add_input(Graph &graph, std::string name, TensorType type) {
  const ValueId id = add_value(graph, {std::move(name), std::move(type), {}});
  graph.inputs.push_back(id);
  return id;
}

ValueId add_constant(Graph &graph, std::string name, TensorType type, ConstantData data) {
  return add_value(graph, {std::move(name), std::move(type), std::move(data)});
}

ValueId add_variable(Graph &graph, std::string name, Shape shape, ConstantData content) {
  const ValueId id = add_constant(
      graph, std::move(name), {ElementType::kFloat32, std::move(shape), {}}, std::move(content));
  graph.values[id].variable = true;
  return id;
}

ValueId add_float_constant(Graph &graph, std::string name, Shape shape,
                           const std::vector<float> &elements) {
  return add_constant(graph, std::move(name), {ElementType::kFloat32, std::move(shape), {}},
                      constant_data(elements));
}

std::string describe(const Node &node) {
  return "node '" + node.name + "' (" + std::string(op_name(node.op)) + ")";
}

Expected<ValueId> add_node_to(Graph &graph, std::vector<Node> &nodes, NodeSpec spec) {
  Node node{spec.op, std::move(spec.name), std::move(spec.inputs), {}, std::move(spec.attributes)};
  std::vector<TensorType> inputs;
  inputs.reserve(node.inputs.size());
  for (const ValueId id : node.inputs) {
    inputs.push_back(graph.values[id].type);
  }
  auto type = infer_type({node, inputs, spec.declared ? &*spec.declared : nullptr});
  if (!type) {
    return fail(type.error().code, describe(node) + ": " + type.error().message);
  }
  std::string name = spec.output_name.empty() ? node.name : std::move(spec.output_name);
  const ValueId output = add_value(graph, {std::move(name), std::move(*type), {}});
  node.outputs = {output};
  if (operator_info(node.op).outputs > 1) {
    const TensorType second = infer_second_type(graph.values[output].type);
    node.outputs.push_back(add_value(graph, {graph.values[output].name + ".choices", second, {}}));
  }
  nodes.push_back(std::move(node));
  return output;
}

Expected<ValueId> add_node(Graph &graph, NodeSpec spec) {
  return add_node_to(graph, graph.nodes, std::move(spec));
}

std::vector<std::size_t> count_uses(const Graph &graph) {
  std::vector<std::size_t> uses(graph.values.size(), 0);
  for (const Node &node : graph.nodes) {
    for (const ValueId input : node.inputs) {
      ++uses[input];
    }
  }
  for (const ValueId output : graph.outputs) {
    ++uses[output];
  }
  return uses;
}

std::vector<NodeId> find_producers(const Graph &graph) {
  std::vector<NodeId> producers(graph.values.size(), kNoNode);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId output : graph.nodes[i].outputs) {
      producers[output] = static_cast<NodeId>(i);
    }
  }
  return producers;
}

std::vector<ValueId> remove_dead(Graph &graph) {
  std::vector<bool> needed(graph.values.size(), false);
  const std::vector<bool> live = find_live_nodes(graph, needed);
  Renumbering numbers(graph.values);
  for (ValueId &input : graph.inputs) {
    input = numbers.move(input);
  }
  std::vector<Node> nodes;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (live[i]) {
      nodes.push_back(std::move(graph.nodes[i]));
    }
  }
  for (ValueId id = 0; id < needed.size(); ++id) {
    if (needed[id] && graph.values[id].constant) {
      numbers.move(id);
    }
  }
  for (Node &node : nodes) {
    std::transform(node.inputs.begin(), node.inputs.end(), node.inputs.begin(),
                   [&](ValueId id) { return numbers.move(id); });
    std::transform(node.outputs.begin(), node.outputs.end(), node.outputs.begin(),
                   [&](ValueId id) { return numbers.move(id); });
  }
  for (ValueId &output : graph.outputs) {
    output = numbers.move(output);
  }
  graph.nodes = std::move(nodes);
  graph.values = numbers.take_values();
  return numbers.take_map();
}

bool equal(const Graph &a, const Graph &b) {
  const auto same_value = [](const Value &x, const Value &y) {
    return x.name == y.name && x.type == y.type && x.constant == y.constant &&
           x.variable == y.variable;
  };
  const auto same_node = [](const Node &x, const Node &y) {
    return x.op == y.op && x.name == y.name && x.inputs == y.inputs && x.outputs == y.outputs &&
           x.attributes == y.attributes;
  };
  return a.name == b.name && a.inputs == b.inputs && a.outputs == b.outputs &&
         std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(),
                    same_value) &&
         std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(), same_node);
}

} // namespace tinyml::ir
