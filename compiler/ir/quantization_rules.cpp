// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/quantization_rules.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

bool is_quantized_element(ElementType element) {
  return element == ElementType::kInt8 || element == ElementType::kUint8 ||
         element == ElementType::kInt16 || element == ElementType::kInt32;
}

/// In an int8 graph everything that computes needs to know what its numbers mean.
Expected<void> check_int8(const std::vector<TensorType> &inputs, const TensorType &output) {
  if (output.element == ElementType::kInt8 && !output.quantization) {
    return invalid("makes int8 without a quantisation");
  }
  if (output.element == ElementType::kInt16 && !output.quantization) {
    return invalid("makes int16 without a quantisation");
  }
  if (output.quantization && output.quantization->axis >= 0 &&
      (output.element == ElementType::kInt8 || output.element == ElementType::kInt16)) {
    return invalid("makes a tensor with more than one scale");
  }
  for (const TensorType &input : inputs) {
    if (is_quantized_element(input.element) && !input.quantization) {
      return invalid("reads " + type_text(input) + " without a quantisation");
    }
  }
  return {};
}

/// Fixed-point multipliers between scales further apart than this do not exist.
constexpr double kLargestMultiplier = 65536;

Expected<void> check_ratio(double real) {
  return real <= kLargestMultiplier ? Expected<void>{}
                                    : invalid("has scales too far apart for int8 arithmetic");
}

double largest_scale(const TensorType &type) {
  const auto &scales = type.quantization->scales;
  return static_cast<double>(*std::max_element(scales.begin(), scales.end()));
}

Expected<void> check_symmetric(const Quantization &q) {
  return q.axis == -1 && q.zero_points[0] == 0
             ? Expected<void>{}
             : invalid("needs weights with zero point 0 and one scale");
}

/// Weights are symmetric, with one scale or one per output channel.
Expected<void> check_weights(const Node &node, const Quantization &q) {
  const int axis = node.op == Op::kDepthwiseConv2d ? 3 : 0;
  const bool symmetric = std::all_of(q.zero_points.begin(), q.zero_points.end(),
                                     [](std::int32_t zero) { return zero == 0; });
  if (!symmetric || (q.axis != -1 && q.axis != axis)) {
    return invalid("needs weights with zero point 0 and scales for all or per output channel");
  }
  return {};
}

/// The sum of a mean is kept in 32 bits.
Expected<void> check_sum(const TensorType &input, const TensorType &output) {
  const std::int64_t most = input.element == ElementType::kInt8 ? 1 << 22 : 1 << 14;
  return element_count(input.shape) / element_count(output.shape) <= most
             ? Expected<void>{}
             : invalid("sums more elements than 32 bits can hold");
}

/// Weights with one scale for all; every product of scales in range.
Expected<void> check_svdf_scales(const Node &node, const std::vector<TensorType> &inputs,
                                 const TensorType &output) {
  const double state = double_attribute(node, "state_scale", 1);
  for (const std::size_t weights : {std::size_t{1}, std::size_t{2}}) {
    if (auto checked = check_symmetric(*inputs[weights].quantization); !checked) {
      return checked;
    }
  }
  return check_ratio(std::max(largest_scale(inputs[0]) * largest_scale(inputs[1]) / state,
                              state * largest_scale(inputs[2]) / largest_scale(output)));
}

Expected<void> check_lstm_scales(const std::vector<TensorType> &inputs, const TensorType &output) {
  const double data = std::max(largest_scale(inputs[0]), largest_scale(output));
  for (std::size_t weights = 1; weights <= 8; ++weights) {
    if (auto checked = check_symmetric(*inputs[weights].quantization); !checked) {
      return checked;
    }
    if (data * largest_scale(inputs[weights]) * 4096 >= 127) {
      return invalid("has scales too far apart for integer arithmetic");
    }
  }
  return check_ratio(1 / (largest_scale(output) * 32768));
}

/// What int16 arithmetic asks for beyond int8's: sums of 48 bits are multiplied by less than 2^7,
/// the tables of sigmoid, tanh and softmax have fixed outputs.
Expected<void> check_int16(const Node &node, const std::vector<TensorType> &inputs,
                           const TensorType &output) {
  const double in = largest_scale(inputs[0]);
  const auto fixed_output = [&](double largest_in) {
    return in < largest_in && output.quantization->scales[0] == 1.0F / 32768
               ? Expected<void>{}
               : invalid("needs output scale 1/32768 and an input scale below " +
                         std::to_string(largest_in));
  };
  switch (node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kFullyConnected:
  case Op::kMatMul:
    return in * largest_scale(inputs[1]) / largest_scale(output) < 127
               ? Expected<void>{}
               : invalid("has scales too far apart for int16 arithmetic");
  case Op::kSigmoid:
  case Op::kTanh:
    return fixed_output(2.6);
  case Op::kSoftmax:
    return inputs[0].shape.back() <= 1 << 16 ? fixed_output(4.9 / double_attribute(node, "beta", 1))
                                             : invalid("has rows too long for int16 arithmetic");
  default:
    return {};
  }
}

/// Only for nodes whose tensors are all quantised.
Expected<void> check_scales(const Node &node, const std::vector<TensorType> &inputs,
                            const TensorType &output) {
  const double out = largest_scale(output);
  switch (node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kTransposeConv2d:
  case Op::kFullyConnected:
    if (auto checked = check_weights(node, *inputs[1].quantization); !checked) {
      return checked;
    }
    [[fallthrough]];
  case Op::kMul:
  case Op::kMatMul:
    return check_ratio(largest_scale(inputs[0]) * largest_scale(inputs[1]) / out);
  case Op::kAdd:
  case Op::kSub:
    return check_ratio(std::max(largest_scale(inputs[0]), largest_scale(inputs[1])) / out);
  case Op::kMean:
    if (auto checked = check_sum(inputs[0], output); !checked) {
      return checked;
    }
    [[fallthrough]];
  case Op::kRequantize:
    return check_ratio(largest_scale(inputs[0]) / out);
  case Op::kBinary: {
    // Squares are rescaled by squares; what only compares or picks has no multiplier.
    if (!std::all_of(inputs.begin(), inputs.end(),
                     [](const TensorType &input) { return input.quantization.has_value(); })) {
      return invalid("mixes quantised and plain numbers");
    }
    const double larger = std::max(largest_scale(inputs[0]), largest_scale(inputs[1]));
    const bool squares = text_attribute(node, "function", "") == "squared_difference";
    return check_ratio((squares ? 4 * larger * larger
                                : std::max(largest_scale(inputs[0]),
                                           largest_scale(inputs[0]) * largest_scale(inputs[1]))) /
                       out);
  }
  case Op::kReduce:
    if (!inputs[0].quantization) {
      return invalid("mixes quantised and plain numbers");
    }
    if (auto checked = check_sum(inputs[0], output); !checked) {
      return checked;
    }
    return check_ratio(largest_scale(inputs[0]) / out);
  case Op::kDiv:
    return check_ratio(largest_scale(inputs[0]) / (largest_scale(inputs[1]) * out));
  case Op::kSvdf:
    return check_svdf_scales(node, inputs, output);
  case Op::kLstm:
    return check_lstm_scales(inputs, output);
  case Op::kConcat:
    for (const TensorType &input : inputs) {
      if (input.quantization != output.quantization) {
        return invalid("joins tensors of different quantisations");
      }
    }
    return {};
  case Op::kSoftmax: {
    if (output.element == ElementType::kInt16) {
      return {};
    }
    // Differences are scaled to 26 fraction bits, by a factor of at least one.
    const double step = largest_scale(inputs[0]) * double_attribute(node, "beta", 1);
    const bool fits = step * (1 << 26) > 1 && output.quantization->scales[0] == 1.0F / 256 &&
                      output.quantization->zero_points[0] == -128;
    return fits ? Expected<void>{}
                : invalid(
                      "needs output scale 1/256, zero point -128 and an input scale above 2^-26");
  }
  default:
    return {};
  }
}

} // namespace

Expected<void> check_quantization(const TensorType &type) {
  const Quantization &q = *type.quantization;
  if (q.axis < -1 || q.axis >= static_cast<int>(type.shape.size())) {
    return invalid("has a quantisation axis outside of its shape");
  }
  const std::size_t count =
      q.axis < 0 ? 1 : static_cast<std::size_t>(type.shape[static_cast<std::size_t>(q.axis)]);
  if (q.scales.size() != count || q.zero_points.size() != count) {
    return invalid("needs " + std::to_string(count) + " scales and zero points");
  }
  if (!std::all_of(q.scales.begin(), q.scales.end(),
                   [](float s) { return std::isfinite(s) && s > 0; })) {
    return invalid("has a scale that is not a positive number");
  }
  if (type.element == ElementType::kInt8 &&
      !std::all_of(q.zero_points.begin(), q.zero_points.end(),
                   [](std::int32_t z) { return z >= -128 && z <= 127; })) {
    return invalid("has a zero point outside of int8");
  }
  if (type.element == ElementType::kInt16 &&
      !std::all_of(q.zero_points.begin(), q.zero_points.end(),
                   [](std::int32_t z) { return z == 0; })) {
    return invalid("is int16 with a zero point other than 0");
  }
  return {};
}

bool takes_plain_integers(const Node &node, const std::vector<TensorType> &inputs) {
  switch (family_of(node.op)) {
  case OperatorFamily::kConvolution:
  case OperatorFamily::kTransposeConvolution:
  case OperatorFamily::kFullyConnected:
  case OperatorFamily::kMatMul:
  case OperatorFamily::kMean:
  case OperatorFamily::kActivation:
  case OperatorFamily::kLookup:
  case OperatorFamily::kSoftmax:
  case OperatorFamily::kBatchNorm:
  case OperatorFamily::kConversion:
  case OperatorFamily::kRecurrent:
  case OperatorFamily::kConvolutionGradient:
  case OperatorFamily::kProductGradient:
  case OperatorFamily::kPoolGradient:
    return false;
  case OperatorFamily::kPool:
    return node.op == Op::kMaxPool2d;
  case OperatorFamily::kFunction:
    return node.op != Op::kUnary;
  case OperatorFamily::kArithmetic:
    return std::none_of(inputs.begin(), inputs.end(), [](const TensorType &input) {
      return input.quantization || input.element == ElementType::kInt8;
    });
  case OperatorFamily::kLoss: // labels
  case OperatorFamily::kUpdate:
  case OperatorFamily::kFusedTraining:
  case OperatorFamily::kMovement:
  case OperatorFamily::kReduce:
  case OperatorFamily::kArgReduce:
  case OperatorFamily::kIndexing:
  case OperatorFamily::kResize:
    break;
  }
  return true;
}

Expected<void> check_quantized_node(const Node &node, const std::vector<TensorType> &inputs,
                                    const TensorType &output) {
  if (takes_plain_integers(node, inputs)) {
    if (!output.quantization) {
      return {};
    }
    if (output.element == ElementType::kInt8 && output.quantization->axis >= 0) {
      return invalid("makes a tensor with more than one scale");
    }
  } else if (auto checked = check_int8(inputs, output); !checked) {
    return checked;
  }
  const bool is_int16 = output.element == ElementType::kInt16;
  if ((output.element != ElementType::kInt8 && !is_int16) || node.op == Op::kQuantize) {
    return {};
  }
  if (is_int16) {
    if (auto checked = check_int16(node, inputs, output); !checked) {
      return checked;
    }
  }
  return check_scales(node, inputs, output);
}

} // namespace tinyml::ir
