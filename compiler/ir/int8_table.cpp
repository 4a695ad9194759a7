// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/int8_table.hpp"

#include "compiler/ir/attributes.hpp"
#include "compiler/ir/functions.hpp"
#include "kernels/reference/hard_swish_table.hpp"
#include "kernels/reference/rsqrt_table.hpp"

namespace tinyml::ir {
namespace {

namespace reference = kernels::reference;
using reference::Int8Table;
using reference::UnaryScales;

bool has_scale(const TensorType &out, float scale, std::int32_t zero_point) {
  return out.quantization->scales[0] == scale && out.quantization->zero_points[0] == zero_point;
}

Int8Table sigmoid(const UnaryScales &s, const TensorType &out) {
  if (has_scale(out, 1.0F / 256, -128) && reference::has_four_integer_bits(s.in_scale)) {
    return reference::sigmoid_table(s);
  }
  return reference::float_table(s, [](float x) { return 1.0F / (1.0F + std::exp(-x)); });
}

Int8Table tanh(const UnaryScales &s, const TensorType &out) {
  if (has_scale(out, 1.0F / 128, 0) && reference::has_four_integer_bits(s.in_scale)) {
    return reference::tanh_table(s);
  }
  return reference::float_table(s, [](float x) { return std::tanh(x); });
}

/// Scales whose ratio has a fixed-point multiplier.
bool is_close(const UnaryScales &s, float factor) {
  return s.in_scale * std::abs(factor) / s.out_scale <= 65536;
}

std::optional<Int8Table> function_table(const Node &node, const UnaryScales &s) {
  const std::string name = text_attribute(node, "function", "");
  const auto alpha = static_cast<float>(double_attribute(node, "alpha", 0));
  const auto beta = static_cast<float>(double_attribute(node, "beta", 0));
  if (name == "hard_swish" && reference::hard_swish_multipliers(s).fit()) {
    return reference::hard_swish_table(s);
  }
  if (name == "leaky_relu" && is_close(s, 1) && is_close(s, alpha)) {
    return reference::leaky_relu_table(s, alpha);
  }
  if (name == "abs" && is_close(s, 1)) {
    return reference::abs_table(s);
  }
  if (name == "rsqrt") {
    return reference::rsqrt_table(s);
  }
  const auto *info = find_unary_function(name);
  if (info == nullptr) {
    return std::nullopt;
  }
  return reference::float_table(s, [&](float x) { return info->function(x, {alpha, beta}); });
}

} // namespace

std::optional<Int8Table> int8_table(const Node &node, const TensorType &in, const TensorType &out) {
  if (in.element != ElementType::kInt8 || out.element != ElementType::kInt8 || !in.quantization ||
      !out.quantization) {
    return std::nullopt;
  }
  const UnaryScales s{in.quantization->scales[0], in.quantization->zero_points[0],
                      out.quantization->scales[0], out.quantization->zero_points[0]};
  switch (node.op) {
  case Op::kSigmoid:
    return sigmoid(s, out);
  case Op::kTanh:
    return tanh(s, out);
  case Op::kUnary:
    return function_table(node, s);
  default:
    return std::nullopt;
  }
}

} // namespace tinyml::ir
