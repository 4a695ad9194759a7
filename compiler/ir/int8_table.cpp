// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/int8_table.hpp"

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
  default:
    return std::nullopt;
  }
}

} // namespace tinyml::ir
