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
  switch (family_of(in.node.op)) {
  case OperatorFamily::kConvolution:
    return infer_convolution(in);
  case OperatorFamily::kTransposeConvolution:
    return infer_transpose_convolution(in);
  case OperatorFamily::kFullyConnected:
  case OperatorFamily::kMatMul:
    return infer_product(in);
  case OperatorFamily::kPool:
    return infer_pool(in);
  case OperatorFamily::kMean:
    return infer_mean(in);
  case OperatorFamily::kArithmetic:
  case OperatorFamily::kActivation:
  case OperatorFamily::kSoftmax:
  case OperatorFamily::kBatchNorm:
    break;
  case OperatorFamily::kLookup:
    return infer_lookup(in);
  case OperatorFamily::kMovement:
    return infer_data_movement(in);
  case OperatorFamily::kConversion:
    return infer_conversion(in);
  case OperatorFamily::kRecurrent:
    return infer_recurrent(in);
  case OperatorFamily::kFunction:
    return infer_function(in);
  case OperatorFamily::kReduce:
    return infer_reduce(in);
  case OperatorFamily::kArgReduce:
    return infer_arg_reduce(in);
  case OperatorFamily::kIndexing:
    return infer_indexing(in);
  case OperatorFamily::kResize:
    return infer_resize(in);
  case OperatorFamily::kConvolutionGradient:
    return in.node.op == Op::kConv2dInputGradient || in.node.op == Op::kDepthwiseConv2dInputGradient
               ? infer_convolution_input_gradient(in)
               : infer_convolution_filter_gradient(in);
  case OperatorFamily::kPoolGradient:
    return infer_pool_gradient(in);
  case OperatorFamily::kProductGradient:
  case OperatorFamily::kLoss:
  case OperatorFamily::kUpdate:
    return infer_training(in);
  case OperatorFamily::kFusedTraining:
    return infer_fused_training(in);
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
