// SPDX-License-Identifier: Apache-2.0
// Operators with a `function`, select and cast.
#include "compiler/ir/functions.hpp"
#include "compiler/ir/infer.hpp"

namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

Failure<HostError> unknown_function(const Node &node) {
  return invalid("has no function '" + text_attribute(node, "function", "") + "'");
}

bool is_integer(ElementType element) {
  return element != ElementType::kFloat32 && element != ElementType::kBool;
}

Expected<TensorType> infer_unary(const InferenceInput &in) {
  const TensorType &x = in.inputs[0];
  if (find_unary_function(text_attribute(in.node, "function", "")) == nullptr) {
    return unknown_function(in.node);
  }
  const bool quantized = (x.element == ElementType::kInt8 || x.element == ElementType::kInt16) &&
                         x.quantization.has_value();
  if (x.element != ElementType::kFloat32 && !quantized) {
    return invalid("needs float32 or quantised data, not " + type_text(x));
  }
  return TensorType{x.element, x.shape, {}};
}

bool takes(kernels::BinaryFunction function, ElementType element) {
  using kernels::BinaryFunction;
  switch (function) {
  case BinaryFunction::kAnd:
  case BinaryFunction::kOr:
  case BinaryFunction::kXor:
    return element != ElementType::kFloat32;
  case BinaryFunction::kShiftLeft:
  case BinaryFunction::kShiftRight:
    return is_integer(element);
  case BinaryFunction::kEqual:
  case BinaryFunction::kNotEqual:
    return true;
  default:
    return element != ElementType::kBool;
  }
}

Expected<TensorType> infer_function_of_two(const InferenceInput &in) {
  const auto *info = find_binary_function(text_attribute(in.node, "function", ""));
  if (info == nullptr) {
    return unknown_function(in.node);
  }
  const ElementType element = in.inputs[0].element;
  if (element != in.inputs[1].element || !takes(info->function, element)) {
    return invalid("function '" + std::string(info->name) + "' cannot take " +
                   type_text(in.inputs[0]) + " and " + type_text(in.inputs[1]));
  }
  auto shape = broadcast(in.inputs[0].shape, in.inputs[1].shape);
  if (!shape) {
    return Failure{shape.error()};
  }
  const bool compares = kernels::is_comparison(info->function);
  return TensorType{compares ? ElementType::kBool : element, *shape, {}};
}

Expected<TensorType> infer_select(const InferenceInput &in) {
  if (in.inputs[0].element != ElementType::kBool || in.inputs[1].element != in.inputs[2].element) {
    return invalid("cannot choose by " + type_text(in.inputs[0]) + " between " +
                   type_text(in.inputs[1]) + " and " + type_text(in.inputs[2]));
  }
  auto shape = broadcast(in.inputs[1].shape, in.inputs[2].shape);
  shape = shape ? broadcast(*shape, in.inputs[0].shape) : shape;
  if (!shape) {
    return Failure{shape.error()};
  }
  return TensorType{in.inputs[1].element, *shape, {}};
}

Expected<TensorType> infer_cast(const InferenceInput &in) {
  const auto to = parse_element_name(text_attribute(in.node, "to", ""));
  if (!to) {
    return invalid("cannot cast to '" + text_attribute(in.node, "to", "") + "'");
  }
  return TensorType{*to, in.inputs[0].shape, {}};
}

} // namespace

Expected<TensorType> infer_function(const InferenceInput &in) {
  switch (in.node.op) {
  case Op::kUnary:
    return infer_unary(in);
  case Op::kBinary:
    return infer_function_of_two(in);
  case Op::kSelect:
    return infer_select(in);
  default:
    return infer_cast(in);
  }
}

} // namespace tinyml::ir
