// SPDX-License-Identifier: Apache-2.0
// ADD, SUB, MUL, DIV, the RELU family, LOGISTIC, TANH, SOFTMAX, and fused activations.
#include "compiler/frontends/tflite/node_import.hpp"

#include <array>

namespace tinyml::tflite {
namespace {

/// The bounds of a clamping activation.
struct Bounds {
  double low, high;
};

ir::Attributes clip_attributes(Bounds bounds) {
  return {{"min", bounds.low}, {"max", bounds.high}};
}

/// Operators whose IR node takes the activation along.
bool fuses_activation(ir::Op op) {
  constexpr std::array kOps = {ir::Op::kConv2d,
                               ir::Op::kDepthwiseConv2d,
                               ir::Op::kTransposeConv2d,
                               ir::Op::kFullyConnected,
                               ir::Op::kAdd,
                               ir::Op::kSub,
                               ir::Op::kMul,
                               ir::Op::kSvdf};
  return std::find(kOps.begin(), kOps.end(), op) != kOps.end();
}

ir::ValueId emit_clamped(NodeImport &n, ir::Op op, std::vector<ir::ValueId> inputs,
                         ir::Attributes attributes, schema::Activation activation) {
  const bool relu = activation == schema::Activation_RELU;
  if (fuses_activation(op)) {
    attributes["activation"] = std::string(relu ? "relu" : "relu6");
    return n.emit(op, std::move(inputs), std::move(attributes), n.declared());
  }
  const ir::ValueId y = n.emit(op, std::move(inputs), std::move(attributes), n.declared());
  return relu ? n.emit(ir::Op::kRelu, {y}) : n.emit(ir::Op::kClip, {y}, clip_attributes({0, 6}));
}

void convert_clamp(NodeImport &n, ir::Op op, ir::Attributes attributes) {
  ir::ValueId x = n.input(0);
  const ir::TensorType y = n.declared();
  if (n.ok() && !n.is_float(x) && n.value(x).type.quantization != y.quantization) {
    x = n.emit(ir::Op::kRequantize, {x}, {}, y);
  }
  n.define(0, n.emit(op, {x}, std::move(attributes), y));
}

template <typename Options> void convert_arithmetic(NodeImport &n, ir::Op op) {
  const auto *options = n.optional_options<Options>();
  const auto activation = options == nullptr ? schema::Activation_NONE : options->activation();
  const std::vector<ir::ValueId> inputs = {n.input(0), n.input(1)};
  n.define(0, emit_activated(n, op, inputs, {}, activation));
}

} // namespace

ir::ValueId emit_activated(NodeImport &n, ir::Op op, std::vector<ir::ValueId> inputs,
                           ir::Attributes attributes, schema::Activation activation) {
  switch (activation) {
  case schema::Activation_NONE:
    return n.emit(op, std::move(inputs), std::move(attributes), n.declared());
  case schema::Activation_RELU:
  case schema::Activation_RELU6:
    return emit_clamped(n, op, std::move(inputs), std::move(attributes), activation);
  case schema::Activation_RELU_N1_TO_1:
    return n.emit(ir::Op::kClip,
                  {n.emit(op, std::move(inputs), std::move(attributes), n.declared())},
                  clip_attributes({-1, 1}));
  default:
    n.unsupported("has a fused activation that is not supported");
    return ir::kNoValue;
  }
}

void convert_add(NodeImport &n) { convert_arithmetic<schema::AddOptions>(n, ir::Op::kAdd); }
void convert_sub(NodeImport &n) { convert_arithmetic<schema::SubOptions>(n, ir::Op::kSub); }
void convert_mul(NodeImport &n) { convert_arithmetic<schema::MulOptions>(n, ir::Op::kMul); }
void convert_div(NodeImport &n) { convert_arithmetic<schema::DivOptions>(n, ir::Op::kDiv); }

void convert_relu(NodeImport &n) { convert_clamp(n, ir::Op::kRelu, {}); }
void convert_relu6(NodeImport &n) { convert_clamp(n, ir::Op::kClip, clip_attributes({0, 6})); }
void convert_relu_n1_to_1(NodeImport &n) {
  convert_clamp(n, ir::Op::kClip, clip_attributes({-1, 1}));
}

void convert_add_n(NodeImport &n) {
  ir::ValueId sum = n.input(0);
  for (int i = 1; n.ok() && i < n.input_count(); ++i) {
    sum = n.emit(ir::Op::kAdd, {sum, n.input(i)});
  }
  n.define(0, sum);
}

void convert_logistic(NodeImport &n) { n.produce(ir::Op::kSigmoid, {n.input(0)}); }
void convert_tanh(NodeImport &n) { n.produce(ir::Op::kTanh, {n.input(0)}); }

void convert_softmax(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const auto beta = static_cast<double>(n.options<schema::SoftmaxOptions>().beta());
  if (n.ok() && n.shape(x).empty()) {
    n.invalid("needs at least one dimension");
  }
  const auto last = static_cast<std::int64_t>(n.shape(x).size()) - 1;
  n.produce(ir::Op::kSoftmax, {x}, {{"axis", last}, {"beta", beta}});
}

} // namespace tinyml::tflite
