// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/functions.hpp"
#include "compiler/ir/infer.hpp"

namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

/// The shape without the axes, or with ones in their place.
Expected<Shape> reduced_shape(const Shape &x, const std::vector<std::int64_t> &axes,
                              bool keep_dims) {
  std::vector<bool> reduced(x.size(), false);
  for (const std::int64_t axis : axes) {
    if (axis < 0 || axis >= static_cast<std::int64_t>(x.size()) ||
        reduced[static_cast<std::size_t>(axis)]) {
      return invalid("axes must be distinct and inside of " + shape_text(x));
    }
    reduced[static_cast<std::size_t>(axis)] = true;
  }
  Shape shape;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!reduced[i]) {
      shape.push_back(x[i]);
    } else if (keep_dims) {
      shape.push_back(1);
    }
  }
  return shape;
}

Expected<void> check_function(const Node &node, ElementType element) {
  const auto *info = find_reduce_function(text_attribute(node, "function", ""));
  if (info == nullptr) {
    return invalid("has no function '" + text_attribute(node, "function", "") + "'");
  }
  const bool of_floats = info->function == kernels::ReduceFunction::kL2 ||
                         info->function == kernels::ReduceFunction::kLogSum ||
                         info->function == kernels::ReduceFunction::kLogSumExp;
  if (element == ElementType::kBool || (of_floats && element != ElementType::kFloat32)) {
    return invalid("cannot reduce " + std::string(element_name(element)) + " with '" +
                   std::string(info->name) + "'");
  }
  return {};
}

} // namespace

Expected<TensorType> infer_mean(const InferenceInput &in) {
  auto shape = reduced_shape(in.inputs[0].shape, ints_attribute(in.node, "axes", {}),
                             int_attribute(in.node, "keep_dims", 1) != 0);
  if (!shape) {
    return Failure{shape.error()};
  }
  return TensorType{in.inputs[0].element, *shape, {}};
}

Expected<TensorType> infer_reduce(const InferenceInput &in) {
  if (const auto checked = check_function(in.node, in.inputs[0].element); !checked) {
    return Failure{checked.error()};
  }
  return infer_mean(in);
}

Expected<TensorType> infer_arg_reduce(const InferenceInput &in) {
  const std::string function = text_attribute(in.node, "function", "");
  const auto to = parse_element_name(text_attribute(in.node, "to", "i64"));
  if ((function != "max" && function != "min") ||
      (to != ElementType::kInt64 && to != ElementType::kInt32)) {
    return invalid("needs function max or min, and i32 or i64 as the type of its result");
  }
  auto shape = reduced_shape(in.inputs[0].shape, {int_attribute(in.node, "axis", 0)},
                             int_attribute(in.node, "keep_dims", 1) != 0);
  if (!shape) {
    return Failure{shape.error()};
  }
  return TensorType{*to, *shape, {}};
}

} // namespace tinyml::ir
