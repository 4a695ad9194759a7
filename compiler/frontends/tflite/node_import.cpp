// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/tflite/node_import.hpp"

#include <algorithm>

namespace tinyml::tflite {
namespace {

using Indices = flatbuffers::Vector<std::int32_t>;

int size_of(const Indices *list) { return list == nullptr ? 0 : static_cast<int>(list->size()); }

std::int32_t at(const Indices *list, int index) {
  return list->Get(static_cast<flatbuffers::uoffset_t>(index));
}

bool is_tensor(const ModelState &state, std::int32_t index) {
  return index >= 0 && static_cast<std::size_t>(index) < state.tensors.count();
}

/// TensorFlow's nodes have no names: the first result's name is as good.
std::string node_name(const ModelState &state, std::size_t index, const schema::Operator &node) {
  const bool named = size_of(node.outputs()) > 0 && is_tensor(state, at(node.outputs(), 0));
  return named ? state.tensors.name(static_cast<std::size_t>(at(node.outputs(), 0)))
               : "node" + std::to_string(index);
}

} // namespace

NodeImport::NodeImport(ModelState &state, std::size_t index, const schema::Operator &node,
                       std::string_view operator_name, std::string_view function)
    : state_(state), node_(node), index_(index), operator_name_(operator_name), function_(function),
      name_(node_name(state, index, node)), first_own_value_(state.graph.values.size()) {}

void NodeImport::fail_with(ErrorCode code, const std::string &message) {
  if (!error_) {
    error_ = HostError{code, "node " + std::to_string(index_) + " '" + name_ + "' (" +
                                 std::string(operator_name_) + "): " + message};
  }
}

int NodeImport::input_count() const { return size_of(node_.inputs()); }
int NodeImport::output_count() const { return size_of(node_.outputs()); }

bool NodeImport::has_input(int index) const {
  return index < input_count() && at(node_.inputs(), index) != -1;
}

ir::ValueId NodeImport::input(int index) {
  if (!has_input(index)) {
    invalid("lacks input " + std::to_string(index));
    return ir::kNoValue;
  }
  const std::int32_t given = at(node_.inputs(), index);
  if (!is_tensor(state_, given)) {
    invalid("reads tensor " + std::to_string(given) + ", but the model has " +
            std::to_string(state_.tensors.count()) + " tensors");
    return ir::kNoValue;
  }
  const auto tensor = static_cast<std::size_t>(given);
  ir::ValueId &id = state_.values[tensor];
  if (id != ir::kNoValue) {
    return id;
  }
  if (!state_.tensors.is_constant(tensor)) {
    invalid("reads " + state_.tensors.label(tensor) +
            ", which is no input, constant or result of an earlier node (a missing tensor, or a "
            "cycle)");
    return ir::kNoValue;
  }
  auto constant = state_.tensors.constant(tensor);
  if (!constant) {
    fail_with(constant.error().code, constant.error().message);
    return ir::kNoValue;
  }
  id = static_cast<ir::ValueId>(graph().values.size());
  graph().values.push_back(std::move(*constant));
  return id;
}

ir::TensorType NodeImport::variable(int index) {
  if (!has_input(index) || !is_tensor(state_, at(node_.inputs(), index))) {
    invalid("lacks input " + std::to_string(index));
  }
  if (!ok()) {
    return {};
  }
  const auto tensor = static_cast<std::size_t>(at(node_.inputs(), index));
  auto type = state_.tensors.type(tensor);
  if (!type) {
    fail_with(type.error().code, type.error().message);
    return {};
  }
  if (!state_.tensors[tensor].is_variable()) {
    unsupported("keeps its state in " + state_.tensors.label(tensor) + ", which is no variable");
  }
  return *type;
}

const ir::Value &NodeImport::value(ir::ValueId id) const {
  static const ir::Value nothing{};
  return id < state_.graph.values.size() ? state_.graph.values[id] : nothing;
}

std::vector<std::int64_t> NodeImport::constant_ints(int index, std::string_view what) {
  const ir::Value &constant = value(input(index));
  if (ok() && constant.constant && constant.type.element == ir::ElementType::kInt32) {
    const auto narrow = ir::elements_of<std::int32_t>(constant);
    return {narrow.begin(), narrow.end()};
  }
  if (ok() && (!constant.constant || constant.type.element != ir::ElementType::kInt64)) {
    unsupported("needs its " + std::string(what) + " as constant int32 or int64 numbers");
  }
  return ok() ? ir::elements_of<std::int64_t>(constant) : std::vector<std::int64_t>{};
}

std::size_t NodeImport::axis(std::int64_t given, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (given < -signed_rank || given >= signed_rank) {
    invalid("has axis " + std::to_string(given) + ", outside of " + std::to_string(rank) +
            " dimensions");
    return 0;
  }
  return static_cast<std::size_t>(given < 0 ? given + signed_rank : given);
}

ir::TensorType NodeImport::declared(int index) {
  if (index >= output_count() || !is_tensor(state_, at(node_.outputs(), index))) {
    invalid("lacks output " + std::to_string(index));
  }
  if (!ok()) {
    return {};
  }
  auto type = state_.tensors.type(static_cast<std::size_t>(at(node_.outputs(), index)));
  if (!type) {
    fail_with(type.error().code, type.error().message);
    return {};
  }
  return *type;
}

ir::ValueId NodeImport::emit(ir::Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes,
                             std::optional<ir::TensorType> like) {
  if (!ok()) {
    return ir::kNoValue;
  }
  const auto id = ir::add_node(
      graph(), {op, std::move(inputs), std::move(attributes), name_, "", std::move(like)});
  if (!id) {
    const std::string prefix = ir::describe({op, name_, {}, {}, {}}) + ": ";
    const std::string &message = id.error().message;
    fail_with(id.error().code,
              message.starts_with(prefix) ? message.substr(prefix.size()) : message);
    return ir::kNoValue;
  }
  return *id;
}

ir::ValueId NodeImport::reshape(ir::ValueId x, ir::Shape shape) {
  if (this->shape(x) == shape) {
    return x;
  }
  return emit(ir::Op::kReshape, {x}, {}, ir::TensorType{element(x), std::move(shape), {}});
}

void NodeImport::check_declared(std::size_t tensor, const ir::TensorType &made) {
  const ir::TensorType said = *state_.tensors.type(tensor);
  const bool open = state_.tensors.is_open(tensor) || said.shape.empty();
  if (said.element != made.element || (!open && said.shape != made.shape)) {
    invalid("makes " + ir::type_text(made) + ", but " + state_.tensors.label(tensor) +
            " is declared as " + ir::type_text(said));
  } else if (said.quantization && made.quantization != said.quantization) {
    unsupported("changes the scale from its input to its output, which only QUANTIZE may do");
  }
}

void NodeImport::define(int index, ir::ValueId id) {
  const ir::TensorType type = declared(index);
  if (!ok()) {
    return;
  }
  const auto tensor = static_cast<std::size_t>(at(node_.outputs(), index));
  if (state_.values[tensor] != ir::kNoValue) {
    invalid("makes " + state_.tensors.label(tensor) + ", which exists already");
    return;
  }
  check_declared(tensor, value(id).type);
  state_.values[tensor] = id;
  if (ok() && id >= first_own_value_) {
    graph().values[id].name = state_.tensors.name(tensor);
  }
}

} // namespace tinyml::tflite
