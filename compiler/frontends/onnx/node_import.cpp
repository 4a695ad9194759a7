// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/onnx/node_import.hpp"

#include "compiler/interpret/evaluate.hpp"

#include <algorithm>

namespace tinyml::onnx {

bool is_empty(const ir::Shape &shape) {
  return std::find(shape.begin(), shape.end(), 0) != shape.end();
}

std::string node_label(const schema::NodeProto &node) {
  const std::string &name =
      node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name();
  return "node '" + name + "'";
}

NodeImport::NodeImport(ModelState &state, const schema::NodeProto &node)
    : state_(state), node_(node),
      name_(node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name()),
      first_own_value_(state.graph.values.size()) {}

void NodeImport::fail_with(ErrorCode code, const std::string &message) {
  if (!error_) {
    error_ = HostError{code, node_label(node_) + ": operator '" + node_.op_type() + "' " + message};
  }
}

bool NodeImport::has_input(int index) const {
  return index < node_.input_size() && !node_.input(index).empty();
}

ir::ValueId NodeImport::input(int index) {
  if (!has_input(index)) {
    invalid("lacks input " + std::to_string(index));
    return ir::kNoValue;
  }
  const auto found = state_.values.find(node_.input(index));
  if (const auto reason = state_.unusable.find(node_.input(index));
      reason != state_.unusable.end()) {
    fail_with(reason->second.code, "cannot be computed: " + reason->second.message);
    return ir::kNoValue;
  }
  if (found == state_.values.end()) {
    invalid(
        "reads '" + node_.input(index) +
        "', which is no input, initializer or result of an earlier node (a missing tensor, or a "
        "cycle)");
    return ir::kNoValue;
  }
  return found->second;
}

const ir::Value &NodeImport::value(ir::ValueId id) const {
  static const ir::Value nothing{};
  return id < state_.graph.values.size() ? state_.graph.values[id] : nothing;
}

std::vector<std::int64_t> NodeImport::constant_ints(int index, std::string_view what) {
  const ir::Value &constant = value(input(index));
  const ir::ElementType given = constant.type.element;
  if (ok() && (!constant.constant ||
               (given != ir::ElementType::kInt64 && given != ir::ElementType::kInt32))) {
    unsupported("needs its " + std::string(what) + " '" + node_.input(index) +
                "' as constant integers (a graph input can be fixed)");
  }
  if (ok() && given == ir::ElementType::kInt32) {
    const auto narrow = ir::elements_of<std::int32_t>(constant);
    return {narrow.begin(), narrow.end()};
  }
  return ok() ? ir::elements_of<std::int64_t>(constant) : std::vector<std::int64_t>{};
}

std::vector<float> NodeImport::constant_floats(int index, std::string_view what) {
  const ir::Value &constant = value(input(index));
  if (ok() && (!constant.constant || constant.type.element != ir::ElementType::kFloat32)) {
    unsupported("needs its " + std::string(what) + " '" + node_.input(index) +
                "' as constant float32 numbers (a graph input can be fixed)");
  }
  return ok() ? ir::elements_of<float>(constant) : std::vector<float>{};
}

const schema::AttributeProto *NodeImport::find(std::string_view name) const {
  for (const schema::AttributeProto &attribute : node_.attribute()) {
    if (attribute.name() == name) {
      return &attribute;
    }
  }
  return nullptr;
}

const schema::AttributeProto *NodeImport::find_typed(std::string_view name,
                                                     schema::AttributeProto::AttributeType type) {
  const schema::AttributeProto *attribute = find(name);
  if (attribute != nullptr && attribute->type() != type) {
    invalid("has attribute '" + std::string(name) + "' of the wrong type");
    return nullptr;
  }
  return attribute;
}

std::int64_t NodeImport::int_or(std::string_view name, std::int64_t otherwise) {
  const auto *attribute = find_typed(name, schema::AttributeProto::INT);
  return attribute != nullptr ? attribute->i() : otherwise;
}

float NodeImport::float_or(std::string_view name, float otherwise) {
  const auto *attribute = find_typed(name, schema::AttributeProto::FLOAT);
  return attribute != nullptr ? attribute->f() : otherwise;
}

std::string NodeImport::text_or(std::string_view name, std::string_view otherwise) {
  const auto *attribute = find_typed(name, schema::AttributeProto::STRING);
  return attribute != nullptr ? attribute->s() : std::string(otherwise);
}

std::vector<std::int64_t> NodeImport::ints_or(std::string_view name,
                                              std::vector<std::int64_t> otherwise) {
  const auto *attribute = find_typed(name, schema::AttributeProto::INTS);
  if (attribute == nullptr) {
    return otherwise;
  }
  return {attribute->ints().begin(), attribute->ints().end()};
}

std::size_t NodeImport::axis(std::int64_t given, std::size_t rank, bool end_allowed) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (given < -signed_rank || given > signed_rank || (given == signed_rank && !end_allowed)) {
    invalid("has axis " + std::to_string(given) + ", outside of " + std::to_string(rank) +
            " dimensions");
    return 0;
  }
  return static_cast<std::size_t>(given < 0 ? given + signed_rank : given);
}

bool NodeImport::has_elements(int index) {
  return has_input(index) && !is_empty(shape(input(index)));
}

bool NodeImport::reads_nothing(const std::vector<ir::ValueId> &inputs) {
  const bool found = std::any_of(inputs.begin(), inputs.end(),
                                 [&](ir::ValueId id) { return is_empty(shape(id)); });
  if (found) {
    unsupported("cannot work on a tensor without elements");
  }
  return found;
}

ir::ValueId NodeImport::emit(ir::Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes,
                             std::optional<ir::TensorType> declared) {
  if (!ok() || reads_nothing(inputs)) {
    return ir::kNoValue;
  }
  const auto id = ir::add_node(
      state_.graph, {op, std::move(inputs), std::move(attributes), name_, "", std::move(declared)});
  if (!id) {
    error_ =
        HostError{id.error().code, "operator '" + node_.op_type() + "': " + id.error().message};
    return ir::kNoValue;
  }
  fold_last_node();
  return *id;
}

/// Shapes and what is computed from them become constants at once: later operators ask for them.
void NodeImport::fold_last_node() {
  constexpr std::size_t kLargestBytes = std::size_t{64} << 10;
  const ir::Node &node = state_.graph.nodes.back();
  ir::Value &result = state_.graph.values[node.outputs[0]];
  const bool quantizes = node.op == ir::Op::kQuantize || node.op == ir::Op::kDequantize;
  const std::size_t cost = interpret::evaluation_bytes(state_.graph, node);
  if (quantizes || !interpret::is_cheap(node.op) || ir::byte_size(result.type) > kLargestBytes ||
      cost > state_.folding_bytes) {
    return;
  }
  auto data = interpret::evaluate(state_.graph, node);
  if (data) {
    state_.folding_bytes -= cost;
    result.constant = std::move(*data);
    state_.graph.nodes.pop_back();
  }
}

ir::ValueId NodeImport::constant(const ir::Shape &shape, ir::ElementType element,
                                 ir::ConstantData data) {
  return ok() ? ir::add_constant(state_.graph, name_, {element, shape, {}}, std::move(data))
              : ir::kNoValue;
}

ir::ValueId NodeImport::reshape(ir::ValueId x, ir::Shape shape) {
  return emit(ir::Op::kReshape, {x}, {},
              ir::TensorType{value(x).type.element, std::move(shape), {}});
}

ir::ValueId NodeImport::transpose(ir::ValueId x, std::vector<std::int64_t> permutation) {
  return emit(ir::Op::kTranspose, {x}, {{"permutation", std::move(permutation)}});
}

void NodeImport::define(int index, ir::ValueId id) {
  if (!ok() || index >= node_.output_size() || node_.output(index).empty()) {
    return;
  }
  const std::string &output = node_.output(index);
  if (!state_.values.emplace(output, id).second) {
    invalid("makes '" + output + "', which exists already");
    return;
  }
  if (id >= first_own_value_) {
    state_.graph.values[id].name = output;
  }
}

void NodeImport::expect_outputs(int count) {
  for (int i = count; i < node_.output_size(); ++i) {
    if (!node_.output(i).empty()) {
      unsupported("is supported with " + std::to_string(count) + " output only, not with '" +
                  node_.output(i) + "'");
    }
  }
}

} // namespace tinyml::onnx
