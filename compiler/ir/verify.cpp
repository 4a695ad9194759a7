// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/verify.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/quantization_rules.hpp"
#include "compiler/ir/variables.hpp"

namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

std::string named(const Graph &graph, ValueId id) {
  return "value '" + graph.values[id].name + "' (%" + std::to_string(id) + ")";
}

Expected<void> check_value(const Value &value) {
  const auto count = checked_element_count(value.type.shape, value.type.element);
  if (!count) {
    return Failure{count.error()};
  }
  if (value.constant && value.constant->size() != byte_size(value.type)) {
    return invalid("has " + std::to_string(value.constant->size()) + " bytes of data for " +
                   type_text(value.type));
  }
  return value.type.quantization ? check_quantization(value.type) : Expected<void>{};
}

Expected<void> check_values(const Graph &graph) {
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    if (const auto checked = check_value(graph.values[id]); !checked) {
      return fail(checked.error().code, named(graph, id) + " " + checked.error().message);
    }
  }
  return {};
}

Expected<void> define(const Graph &graph, std::vector<bool> &defined, ValueId id) {
  if (id >= graph.values.size()) {
    return invalid("there is no value %" + std::to_string(id));
  }
  if (defined[id]) {
    return invalid(named(graph, id) + " is defined twice");
  }
  defined[id] = true;
  return {};
}

Expected<void> check_uses(const Graph &graph, const std::vector<bool> &defined,
                          const std::vector<ValueId> &ids, const std::string &user) {
  for (const ValueId id : ids) {
    if (id >= graph.values.size()) {
      return invalid(user + " reads %" + std::to_string(id) + ", which does not exist");
    }
    if (!defined[id]) {
      return invalid(user + " reads " + named(graph, id) + " before it is computed");
    }
  }
  return {};
}

Expected<void> check_node_types(const Graph &graph, const Node &node) {
  std::vector<TensorType> inputs;
  for (const ValueId id : node.inputs) {
    inputs.push_back(graph.values[id].type);
  }
  const std::size_t outputs = operator_info(node.op).outputs;
  if (node.outputs.size() != outputs) {
    return invalid("has " + std::to_string(node.outputs.size()) + " outputs, not " +
                   std::to_string(outputs));
  }
  const TensorType &declared = graph.values[node.outputs[0]].type;
  const auto inferred = infer_type({node, inputs, &declared});
  if (!inferred) {
    return Failure{inferred.error()};
  }
  if (inferred->element != declared.element || inferred->shape != declared.shape) {
    return invalid("makes " + type_text(*inferred) + " but its output is declared as " +
                   type_text(declared));
  }
  if (outputs > 1 && graph.values[node.outputs[1]].type != infer_second_type(*inferred)) {
    return invalid("makes " + type_text(infer_second_type(*inferred)) +
                   " but its second output is declared as " +
                   type_text(graph.values[node.outputs[1]].type));
  }
  if ((inferred->element == ElementType::kInt8 || inferred->element == ElementType::kInt16) &&
      inferred->quantization != declared.quantization) {
    return invalid("must keep the quantisation of its input");
  }
  return check_quantized_node(node, inputs, declared);
}

/// Each variable is written once in a run, by an update that names it first, and what the update
/// leaves is read by the next run only: so any order of nodes in which all readers come before the
/// writer computes the same.
class VariableRules {
public:
  explicit VariableRules(const Graph &graph)
      : graph_(graph), written_(graph.values.size(), false) {}

  Expected<void> check(const Node &node) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (written_[id]) {
        return invalid("reads " + named(graph_, id) + " after it was updated");
      }
      if (i < updated_inputs(node.op) && !graph_.values[id].variable) {
        return invalid("updates " + named(graph_, id) + ", which is no variable");
      }
    }
    for (std::size_t i = 0; i < updated_inputs(node.op); ++i) {
      written_[node.inputs[i]] = true;
    }
    if (is_update(node.op)) {
      written_[node.outputs[0]] = true;
    }
    return {};
  }

private:
  const Graph &graph_;
  std::vector<bool> written_;
};

Expected<void> check_variables(const Graph &graph) {
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    const Value &value = graph.values[id];
    if (value.variable && (!value.constant || value.type.element != ElementType::kFloat32)) {
      return invalid(named(graph, id) + " is a variable without float32 content");
    }
  }
  VariableRules rules(graph);
  for (const Node &node : graph.nodes) {
    if (const auto checked = rules.check(node); !checked) {
      return fail(checked.error().code, describe(node) + ": " + checked.error().message);
    }
  }
  return {};
}

Expected<void> check_node(const Graph &graph, const Node &node, std::vector<bool> &defined) {
  if (auto used = check_uses(graph, defined, node.inputs, describe(node)); !used) {
    return used;
  }
  for (const ValueId output : node.outputs) {
    if (auto added = define(graph, defined, output); !added) {
      return added;
    }
  }
  if (const auto typed = check_node_types(graph, node); !typed) {
    return fail(typed.error().code, describe(node) + ": " + typed.error().message);
  }
  return {};
}

} // namespace

Expected<void> verify(const Graph &graph) {
  if (auto checked = check_values(graph); !checked) {
    return checked;
  }
  std::vector<bool> defined(graph.values.size(), false);
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    defined[id] = graph.values[id].constant.has_value();
  }
  for (const ValueId input : graph.inputs) {
    if (auto added = define(graph, defined, input); !added) {
      return added;
    }
  }
  for (const Node &node : graph.nodes) {
    if (auto checked = check_node(graph, node, defined); !checked) {
      return checked;
    }
  }
  if (graph.outputs.empty()) {
    return invalid("the graph has no outputs");
  }
  if (auto checked = check_variables(graph); !checked) {
    return checked;
  }
  return check_uses(graph, defined, graph.outputs, "the graph's output");
}

} // namespace tinyml::ir
