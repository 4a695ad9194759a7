// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/infer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

bool is_binary(Op op) {
  return op == Op::kAdd || op == Op::kSub || op == Op::kMul || op == Op::kDiv;
}

Expected<void> check_axis(const Node &node, std::int64_t otherwise, std::size_t rank) {
  const std::int64_t axis = int_attribute(node, "axis", otherwise);
  if (axis < 0 || axis >= static_cast<std::int64_t>(rank)) {
    return invalid("axis " + std::to_string(axis) + " is outside of " + std::to_string(rank) +
                   " dimensions");
  }
  return {};
}

Expected<TensorType> infer_batch_norm(const InferenceInput &in) {
  const TensorType &x = in.inputs[0];
  if (const auto checked = check_axis(in.node, 1, x.shape.size()); !checked) {
    return Failure{checked.error()};
  }
  const Shape channels = {x.shape[static_cast<std::size_t>(int_attribute(in.node, "axis", 1))]};
  for (std::size_t i = 0; i < in.inputs.size(); ++i) {
    if (in.inputs[i].element != ElementType::kFloat32 ||
        (i > 0 && in.inputs[i].shape != channels)) {
      return invalid("input " + std::to_string(i) + " is " + type_text(in.inputs[i]) +
                     "; batch normalisation needs float32 and one value per channel");
    }
  }
  return TensorType{x.element, x.shape, {}};
}

Expected<TensorType> infer_pad(const InferenceInput &in) {
  Shape shape = in.inputs[0].shape;
  const auto pads = ints_attribute(in.node, "pads", {});
  if (pads.size() != 2 * shape.size() ||
      std::any_of(pads.begin(), pads.end(), [](std::int64_t p) { return p < 0; })) {
    return invalid("pads must be " + std::to_string(2 * shape.size()) + " numbers of at least 0");
  }
  for (std::size_t i = 0; i < shape.size(); ++i) {
    shape[i] += pads[i] + pads[i + shape.size()];
  }
  return TensorType{in.inputs[0].element, shape, {}};
}

Expected<TensorType> infer_reshape(const InferenceInput &in) {
  if (in.declared == nullptr) {
    return invalid("reshape needs its output's shape");
  }
  const auto count = checked_element_count(in.declared->shape, in.inputs[0].element);
  if (!count) {
    return Failure{count.error()};
  }
  if (*count != element_count(in.inputs[0].shape)) {
    return invalid("cannot reshape " + shape_text(in.inputs[0].shape) + " to " +
                   shape_text(in.declared->shape));
  }
  return TensorType{in.inputs[0].element, in.declared->shape, {}};
}

Expected<TensorType> infer_transpose(const InferenceInput &in) {
  const Shape &x = in.inputs[0].shape;
  const auto permutation = ints_attribute(in.node, "permutation", {});
  std::vector<std::int64_t> sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> expected(x.size());
  std::iota(expected.begin(), expected.end(), 0);
  if (sorted != expected) {
    return invalid("permutation " + shape_text(permutation) + " does not permute " +
                   std::to_string(x.size()) + " dimensions");
  }
  Shape shape;
  for (const std::int64_t axis : permutation) {
    shape.push_back(x[static_cast<std::size_t>(axis)]);
  }
  return TensorType{in.inputs[0].element, shape, {}};
}

Expected<TensorType> infer_concat(const InferenceInput &in) {
  Shape shape = in.inputs[0].shape;
  if (const auto checked = check_axis(in.node, -1, shape.size()); !checked) {
    return Failure{checked.error()};
  }
  const auto axis = static_cast<std::size_t>(int_attribute(in.node, "axis", 0));
  for (std::size_t i = 1; i < in.inputs.size(); ++i) {
    Shape other = in.inputs[i].shape;
    if (other.size() != shape.size() || in.inputs[i].element != in.inputs[0].element) {
      return invalid("cannot join " + type_text(in.inputs[0]) + " and " + type_text(in.inputs[i]));
    }
    const std::int64_t added = other[axis];
    other[axis] = shape[axis];
    if (other != shape) {
      return invalid("cannot join " + type_text(in.inputs[0]) + " and " + type_text(in.inputs[i]));
    }
    shape[axis] += added;
  }
  return TensorType{in.inputs[0].element, shape, {}};
}

Expected<TensorType> infer_binary(const InferenceInput &in) {
  const ElementType element = in.inputs[0].element;
  if (element != in.inputs[1].element || element == ElementType::kBool) {
    return invalid("operands are " + type_text(in.inputs[0]) + " and " + type_text(in.inputs[1]));
  }
  auto shape = broadcast(in.inputs[0].shape, in.inputs[1].shape);
  if (!shape) {
    return Failure{shape.error()};
  }
  return TensorType{in.inputs[0].element, *shape, {}};
}

} // namespace

Expected<TensorType> infer_elementwise(const InferenceInput &in) {
  if (is_binary(in.node.op)) {
    return infer_binary(in);
  }
  if (in.node.op == Op::kBatchNorm) {
    return infer_batch_norm(in);
  }
  if (in.node.op == Op::kSoftmax) {
    if (const auto checked = check_axis(in.node, -1, in.inputs[0].shape.size()); !checked) {
      return Failure{checked.error()};
    }
  }
  if (in.node.op == Op::kClip && !(double_attribute(in.node, "min", -kInfinity) <=
                                   double_attribute(in.node, "max", kInfinity))) {
    return invalid("clip's min is not below its max");
  }
  const ElementType element = in.inputs[0].element;
  if (element != ElementType::kFloat32 && element != ElementType::kInt8 &&
      element != ElementType::kInt16) {
    return invalid("needs float32, int8 or int16 data, not " + type_text(in.inputs[0]));
  }
  return TensorType{element, in.inputs[0].shape, {}};
}

Expected<TensorType> infer_data_movement(const InferenceInput &in) {
  switch (in.node.op) {
  case Op::kPad:
    return infer_pad(in);
  case Op::kReshape:
    return infer_reshape(in);
  case Op::kTranspose:
    return infer_transpose(in);
  default:
    return infer_concat(in);
  }
}

Expected<TensorType> infer_lookup(const InferenceInput &in) {
  const TensorType &table = in.inputs[1];
  if (in.inputs[0].element != ElementType::kInt8 || table.element != ElementType::kInt8 ||
      table.shape != Shape{256}) {
    return invalid("needs int8 data and a table i8[256], not " + type_text(in.inputs[0]) + " and " +
                   type_text(table));
  }
  return TensorType{ElementType::kInt8, in.inputs[0].shape, {}};
}

Expected<TensorType> infer_conversion(const InferenceInput &in) {
  const TensorType &x = in.inputs[0];
  const bool from_float = x.element == ElementType::kFloat32;
  if (from_float != (in.node.op == Op::kQuantize) || (!from_float && !x.quantization)) {
    return invalid("cannot convert " + type_text(x) + " without a quantisation");
  }
  if (in.node.op == Op::kDequantize) {
    return TensorType{ElementType::kFloat32, x.shape, {}};
  }
  if (in.declared == nullptr || !in.declared->quantization) {
    return invalid("needs the quantisation of its output");
  }
  return TensorType{in.declared->element, x.shape, {}};
}

} // namespace tinyml::ir
