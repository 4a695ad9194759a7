// SPDX-License-Identifier: Apache-2.0
// RESHAPE, SQUEEZE, EXPAND_DIMS, TRANSPOSE, CONCATENATION, PAD, PADV2.
#include "compiler/frontends/tflite/node_import.hpp"

namespace tinyml::tflite {
namespace {

/// The one number of a constant, in real terms.
double real_number(NodeImport &n, int index) {
  const ir::Value &constant = n.value(n.input(index));
  if (n.ok() && (!constant.constant || ir::element_count(constant.type.shape) != 1)) {
    n.unsupported("needs its value as one constant number");
  }
  if (!n.ok()) {
    return 0;
  }
  if (constant.type.element == ir::ElementType::kFloat32) {
    return static_cast<double>(ir::elements_of<float>(constant)[0]);
  }
  if (constant.type.element != ir::ElementType::kInt8 || !constant.type.quantization) {
    n.unsupported("needs its value as float32, or as int8 with a scale");
    return 0;
  }
  const int steps =
      ir::elements_of<std::int8_t>(constant)[0] - constant.type.quantization->zero_points[0];
  return static_cast<double>(constant.type.quantization->scales[0]) * steps;
}

} // namespace

/// The model declares the result's shape for all three, and its elements stay in order.
void convert_reshape(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::TensorType y = n.declared();
  n.define(0, n.emit(ir::Op::kReshape, {x}, {}, y));
}

void convert_transpose(NodeImport &n) {
  n.produce(ir::Op::kTranspose, {n.input(0)}, {{"permutation", n.constant_ints(1, "permutation")}});
}

void convert_concatenation(NodeImport &n) {
  const auto &options = n.options<schema::ConcatenationOptions>();
  std::vector<ir::ValueId> inputs;
  for (int i = 0; n.ok() && i < n.input_count(); ++i) {
    inputs.push_back(n.input(i));
  }
  if (n.ok() && inputs.empty()) {
    n.invalid("lacks input 0");
  }
  if (!n.ok()) {
    return;
  }
  const std::size_t axis = n.axis(options.axis(), n.shape(inputs[0]).size());
  n.define(0, emit_activated(n, ir::Op::kConcat, inputs,
                             {{"axis", static_cast<std::int64_t>(axis)}}, options.activation()));
}

void convert_pad(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const auto given = n.constant_ints(1, "paddings");
  const double value = n.has_input(2) ? real_number(n, 2) : 0;
  const std::size_t rank = n.shape(x).size();
  if (n.ok() && given.size() != 2 * rank) {
    n.invalid("has " + std::to_string(given.size()) + " paddings for " + std::to_string(rank) +
              " dimensions");
  }
  if (!n.ok()) {
    return;
  }
  std::vector<std::int64_t> pads(given.size());
  for (std::size_t i = 0; i < rank; ++i) {
    pads[i] = given[2 * i];
    pads[i + rank] = given[2 * i + 1];
  }
  n.produce(ir::Op::kPad, {x}, {{"pads", std::move(pads)}, {"value", value}});
}

} // namespace tinyml::tflite
