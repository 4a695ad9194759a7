// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/converter.hpp"

#include "compiler/quantize/constants.hpp"

#include <algorithm>

namespace tinyml::quantize {

using ir::ElementType;
using ir::Op;

Expected<ir::Graph> Converter::run() {
  to_.name = from_.name;
  made_.assign(from_.values.size(), ir::kNoValue);
  add_inputs();
  for (std::size_t i = 0; i < from_.nodes.size() && !error_; ++i) {
    const ir::Node &node = from_.nodes[i];
    const ir::ValueId y = node.outputs[0];
    const bool stays = !is_integer(forms_[i]);
    const ir::ValueId id = stays ? copy(node) : convert(node);
    if (!error_) {
      ids_[{y, to_.values[id].type.element}] = id;
      made_[y] = id;
    }
  }
  if (!error_) {
    add_outputs();
  }
  return error_ ? Expected<ir::Graph>(Failure{*error_}) : Expected<ir::Graph>(std::move(to_));
}

void Converter::add_inputs() {
  for (const ir::ValueId id : from_.inputs) {
    const ir::Value &input = from_.values[id];
    const bool real = input.type.element == ElementType::kFloat32;
    const ir::TensorType type = real ? type_of(id) : input.type;
    made_[id] = ir::add_input(to_, input.name, type);
    ids_[{id, type.element}] = made_[id];
  }
}

/// What an integer layer reads: the integers, or a plain number (an index) as it is.
ElementType Converter::form_of(ir::ValueId id) const {
  const ir::TensorType &type = from_.values[id].type;
  const bool real = type.element == ElementType::kFloat32 || type.element == ElementType::kInt8;
  return real ? integers() : type.element;
}

/// A value in the wanted form, converted where it exists in another only.
ir::ValueId Converter::as(ir::ValueId id, ElementType wanted) {
  if (error_) {
    return ir::kNoValue;
  }
  const auto found = ids_.find({id, wanted});
  if (found != ids_.end()) {
    return found->second;
  }
  const ir::ValueId made =
      from_.values[id].constant ? add_constant(id, wanted) : add_conversion(id, wanted);
  ids_[{id, wanted}] = made;
  return made;
}

ir::ValueId Converter::add_constant(ir::ValueId id, ElementType wanted) {
  const ir::Value &constant = from_.values[id];
  const bool as_it_is = !is_integer(wanted) || constant.type.element != ElementType::kFloat32;
  if (!as_it_is) {
    return add_operand(to_, constant, wanted);
  }
  ir::TensorType type = constant.type;
  if (type.element == ElementType::kFloat32) {
    type.quantization.reset(); // it says how to make integers, and there will be none
  }
  return ir::add_constant(to_, constant.name, type, *constant.constant);
}

ir::ValueId Converter::add_conversion(ir::ValueId id, ElementType wanted) {
  const ir::Value &value = from_.values[id];
  ir::NodeSpec spec{.op = Op::kDequantize, .output_name = value.name};
  if (wanted == ElementType::kFloat32) {
    spec.name = value.name + " as float32";
    spec.inputs = {made_[id]};
    spec.declared = ir::TensorType{wanted, value.type.shape, {}};
  } else {
    spec.op = Op::kQuantize;
    spec.name = value.name + " as integers";
    spec.inputs = {as(id, ElementType::kFloat32)};
    spec.declared = type_of(id);
  }
  if (error_) {
    return ir::kNoValue;
  }
  const auto made = ir::add_node(to_, std::move(spec));
  if (!made) {
    error_ = made.error();
    return ir::kNoValue;
  }
  return *made;
}

ir::ValueId Converter::emit(const ir::Node &like, Op op, std::vector<ir::ValueId> inputs,
                            std::optional<ir::TensorType> type) {
  if (error_) {
    return ir::kNoValue;
  }
  const ir::Attributes attributes = op == like.op ? like.attributes : ir::Attributes{};
  const auto id = ir::add_node(to_, {op, std::move(inputs), attributes, like.name,
                                     from_.values[like.outputs[0]].name, std::move(type)});
  if (!id) {
    error_ = id.error();
    return ir::kNoValue;
  }
  return *id;
}

/// Brings a value to another quantisation, where it differs.
ir::ValueId Converter::requantized(const ir::Node &node, ir::ValueId id,
                                   const ir::Quantization &wanted) {
  if (error_ || to_.values[id].type.quantization == wanted) {
    return id;
  }
  ir::TensorType type = to_.values[id].type;
  type.quantization = wanted;
  return emit(node, Op::kRequantize, {id}, type);
}

/// A node that does not compute with the integers: everything as it was in the float graph.
ir::ValueId Converter::copy(const ir::Node &node) {
  std::vector<ir::ValueId> inputs;
  for (const ir::ValueId input : node.inputs) {
    inputs.push_back(as(input, from_.values[input].type.element));
  }
  ir::TensorType type = from_.values[node.outputs[0]].type;
  if (type.element == ElementType::kFloat32) {
    type.quantization.reset();
  }
  return emit(node, node.op, std::move(inputs), std::move(type));
}

ir::ValueId Converter::convert(const ir::Node &node) {
  switch (node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kFullyConnected:
    return layer(node);
  case Op::kQuantize:
  case Op::kDequantize:
  case Op::kRequantize:
    return requantized(node, as(node.inputs[0], integers()), quantization(node.outputs[0]));
  case Op::kConcat:
    return concat(node);
  default:
    return same_operator(node);
  }
}

ir::ValueId Converter::same_operator(const ir::Node &node) {
  std::vector<ir::ValueId> inputs;
  for (const ir::ValueId input : node.inputs) {
    inputs.push_back(as(input, form_of(input)));
  }
  ir::TensorType type = type_of(node.outputs[0]);
  if (error_ || !keeps_input_scale(node)) {
    return emit(node, node.op, std::move(inputs), std::move(type));
  }
  type.quantization = to_.values[inputs[0]].type.quantization;
  const ir::ValueId result = emit(node, node.op, std::move(inputs), std::move(type));
  return requantized(node, result, quantization(node.outputs[0]));
}

ir::ValueId Converter::concat(const ir::Node &node) {
  std::vector<ir::ValueId> inputs;
  for (const ir::ValueId input : node.inputs) {
    inputs.push_back(requantized(node, as(input, integers()), quantization(node.outputs[0])));
  }
  return emit(node, node.op, std::move(inputs), type_of(node.outputs[0]));
}

ir::ValueId Converter::layer(const ir::Node &node) {
  const ir::ValueId x = as(node.inputs[0], integers());
  if (error_) {
    return ir::kNoValue;
  }
  const ir::Value &weights = from_.values[node.inputs[1]];
  const ir::Value *bias = node.inputs.size() > 2 ? &from_.values[node.inputs[2]] : nullptr;
  const float input_scale = to_.values[x].type.quantization->scales[0];
  const int axis = weight_axis(node.op, options_.per_channel_fully_connected);
  const ir::Quantization q = weight_quantization(node, weights, bias, axis, input_scale);
  std::vector<ir::ValueId> inputs = {x, add_weights(to_, weights, q)};
  if (bias != nullptr) {
    inputs.push_back(add_bias(to_, *bias, input_scale, q, integers()));
  } else if (integers() == ElementType::kInt16) {
    inputs.push_back(add_bias(to_, zero_bias(node, weights), input_scale, q, integers()));
  }
  return emit(node, node.op, std::move(inputs), type_of(node.outputs[0]));
}

/// Every output has a value of its own that is no input, so that it keeps its name.
void Converter::add_outputs() {
  for (const ir::ValueId old : from_.outputs) {
    ir::ValueId id = as(old, form_of(old));
    const auto taken = [&](const std::vector<ir::ValueId> &list) {
      return std::find(list.begin(), list.end(), id) != list.end();
    };
    if (!error_ && (taken(to_.inputs) || taken(to_.outputs) || to_.values[id].constant)) {
      const auto copied = ir::add_node(
          to_, {Op::kReshape, {id}, {}, from_.values[old].name, "", to_.values[id].type});
      if (!copied) {
        error_ = copied.error();
        return;
      }
      id = *copied;
    }
    if (error_) {
      return;
    }
    to_.values[id].name = from_.values[old].name;
    to_.outputs.push_back(id);
  }
}

} // namespace tinyml::quantize
