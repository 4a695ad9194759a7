// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/infer.hpp"

#include "compiler/ir/operators.hpp"
#include "compiler/ir/resize.hpp"

#include <algorithm>

namespace tinyml::ir {
namespace {

bool has_kind(const Attribute &attribute, AttributeKind kind) {
  return attribute.index() == static_cast<std::size_t>(kind);
}

bool is_small(std::int64_t value) { return value >= -kMaxAttribute && value <= kMaxAttribute; }

bool has_small_numbers(const Attribute &attribute) {
  if (const auto *number = std::get_if<std::int64_t>(&attribute)) {
    return is_small(*number);
  }
  if (const auto *list = std::get_if<std::vector<std::int64_t>>(&attribute)) {
    return std::all_of(list->begin(), list->end(), is_small);
  }
  return true;
}

bool is_known_activation(const std::string &name) {
  return name == "none" || name == "relu" || name == "relu6";
}

Expected<void> check_attributes(const Node &node, const OperatorInfo &info) {
  for (const auto &[name, value] : node.attributes) {
    const auto *known = std::find_if(
        info.attributes.data(), info.attributes.data() + info.attributes.size(),
        [&text = name](const AttributeInfo &attribute) { return attribute.name == text; });
    if (known == info.attributes.data() + info.attributes.size()) {
      return fail(ErrorCode::kInvalidInput, "has no attribute '" + name + "'");
    }
    if (!has_kind(value, known->kind)) {
      return fail(ErrorCode::kInvalidInput, "attribute '" + name + "' has the wrong kind of value");
    }
    if (!has_small_numbers(value)) {
      return fail(ErrorCode::kInvalidInput, "attribute '" + name + "' is out of range");
    }
  }
  if (!is_known_activation(text_attribute(node, "activation", "none"))) {
    return fail(ErrorCode::kInvalidInput, "activation must be none, relu or relu6");
  }
  for (const AttributeInfo &attribute : info.attributes) {
    if (attribute.required && !node.attributes.contains(std::string(attribute.name))) {
      return fail(ErrorCode::kInvalidInput,
                  "lacks attribute '" + std::string(attribute.name) + "'");
    }
  }
  return {};
}

Expected<TensorType> infer_by_family(const InferenceInput &in) {
  switch (in.node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
    return infer_convolution(in);
  case Op::kMaxPool2d:
  case Op::kAveragePool2d:
    return infer_pool(in);
  case Op::kFullyConnected:
  case Op::kMatMul:
    return infer_product(in);
  case Op::kTransposeConv2d:
    return infer_transpose_convolution(in);
  case Op::kConv2dInputGradient:
  case Op::kDepthwiseConv2dInputGradient:
    return infer_convolution_input_gradient(in);
  case Op::kConv2dFilterGradient:
  case Op::kDepthwiseConv2dFilterGradient:
    return infer_convolution_filter_gradient(in);
  case Op::kMaxPool2dGradient:
  case Op::kAveragePool2dGradient:
    return infer_pool_gradient(in);
  case Op::kFullyConnectedInputGradient:
  case Op::kFullyConnectedFilterGradient:
  case Op::kSoftmaxCrossEntropy:
  case Op::kSoftmaxCrossEntropyGradient:
  case Op::kSgd:
  case Op::kMomentum:
  case Op::kAdam:
    return infer_training(in);
  case Op::kConv2dFilterSgd:
  case Op::kDepthwiseConv2dFilterSgd:
  case Op::kFullyConnectedFilterSgd:
  case Op::kConv2dMaxPool:
  case Op::kPooledConv2dInputGradient:
  case Op::kPooledConv2dFilterGradient:
  case Op::kPooledConv2dFilterSgd:
    return infer_fused_training(in);
  case Op::kMean:
    return infer_mean(in);
  case Op::kReduce:
    return infer_reduce(in);
  case Op::kArgReduce:
    return infer_arg_reduce(in);
  case Op::kPad:
  case Op::kReshape:
  case Op::kTranspose:
  case Op::kConcat:
    return infer_data_movement(in);
  case Op::kQuantize:
  case Op::kDequantize:
  case Op::kRequantize:
    return infer_conversion(in);
  case Op::kLookup:
    return infer_lookup(in);
  case Op::kSvdf:
  case Op::kLstm:
    return infer_recurrent(in);
  case Op::kUnary:
  case Op::kBinary:
  case Op::kSelect:
  case Op::kCast:
    return infer_function(in);
  case Op::kSlice:
  case Op::kGather:
  case Op::kGatherElements:
  case Op::kGatherNd:
  case Op::kScatterElements:
  case Op::kScatterNd:
  case Op::kTile:
    return infer_indexing(in);
  case Op::kResize:
    return infer_resize(in);
  case Op::kAdd:
  case Op::kSub:
  case Op::kMul:
  case Op::kDiv:
  case Op::kRelu:
  case Op::kClip:
  case Op::kSigmoid:
  case Op::kTanh:
  case Op::kSoftmax:
  case Op::kBatchNorm:
    break;
  }
  return infer_elementwise(in);
}

} // namespace

Expected<Shape> broadcast(const Shape &a, const Shape &b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int64_t left = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t right = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (left != right && left != 1 && right != 1) {
      return fail(ErrorCode::kInvalidInput,
                  "shapes " + shape_text(a) + " and " + shape_text(b) + " do not broadcast");
    }
    result[result.size() - 1 - i] = std::max(left, right);
  }
  return result;
}

Expected<TensorType> infer_type(const InferenceInput &in) {
  const OperatorInfo &info = operator_info(in.node.op);
  if (in.inputs.size() < info.min_inputs || in.inputs.size() > info.max_inputs) {
    return fail(ErrorCode::kInvalidInput,
                "does not take " + std::to_string(in.inputs.size()) + " inputs");
  }
  if (const auto checked = check_attributes(in.node, info); !checked) {
    return Failure{checked.error()};
  }
  Expected<TensorType> result = infer_by_family(in);
  if (!result) {
    return result;
  }
  if (const auto count = checked_element_count(result->shape, result->element); !count) {
    return Failure{count.error()};
  }
  if (in.declared != nullptr) {
    result->quantization = in.declared->quantization;
  }
  if (info.keeps_quantization && result->element != ElementType::kFloat32 &&
      (result->element == ElementType::kInt8 || in.inputs[0].quantization)) {
    result->quantization = in.inputs[0].quantization;
  }
  return result;
}

} // namespace tinyml::ir
