// SPDX-License-Identifier: Apache-2.0
// Functions of one or two elements: ABS to RSQRT, LEAKY_RELU, GELU…, MAXIMUM, comparisons, SELECT,
// CAST.
#include "compiler/frontends/tflite/node_import.hpp"

namespace tinyml::tflite {
namespace {

void emit_unary(NodeImport &n, const std::string &function, ir::Attributes attributes = {}) {
  attributes["function"] = function;
  n.produce(ir::Op::kUnary, {n.input(0)}, std::move(attributes));
}

} // namespace

bool has_one_scale(NodeImport &n, const std::vector<ir::ValueId> &operands,
                   const ir::TensorType &result) {
  for (const ir::ValueId id : operands) {
    if (n.ok() && n.value(id).type.quantization &&
        n.value(id).type.quantization !=
            (result.quantization ? result.quantization : n.value(operands[0]).type.quantization)) {
      n.unsupported("is supported in integers only where all tensors have the same scale");
    }
  }
  return n.ok();
}

void convert_unary(NodeImport &n) { emit_unary(n, std::string(n.function())); }

void convert_leaky_relu(NodeImport &n) {
  const auto alpha = static_cast<double>(n.options<schema::LeakyReluOptions>().alpha());
  emit_unary(n, "leaky_relu", {{"alpha", alpha}});
}

void convert_elu(NodeImport &n) { emit_unary(n, "elu", {{"alpha", 1.0}}); }

void convert_gelu(NodeImport &n) {
  const auto *options = n.optional_options<schema::GeluOptions>();
  emit_unary(n, options != nullptr && options->approximate() ? "gelu_tanh" : "gelu");
}

/// Codes of one scale can be compared and chosen from as they are; two functions rescale.
void convert_binary(NodeImport &n) {
  const std::vector<ir::ValueId> inputs = {n.input(0), n.input(1)};
  const ir::TensorType result = n.declared();
  const std::string function(n.function());
  const bool rescales = function == "squared_difference" || function == "prelu";
  const bool chooses = function == "min" || function == "max";
  const bool compares = result.element == ir::ElementType::kBool;
  if (n.ok() && !rescales && !chooses && !compares && n.value(inputs[0]).type.quantization) {
    n.unsupported("is not supported in quantised arithmetic");
  }
  if (rescales || has_one_scale(n, inputs, result)) {
    n.produce(ir::Op::kBinary, inputs, {{"function", function}});
  }
}

void convert_select(NodeImport &n) {
  const std::vector<ir::ValueId> inputs = {n.input(0), n.input(1), n.input(2)};
  if (has_one_scale(n, inputs, n.declared())) {
    n.produce(ir::Op::kSelect, inputs);
  }
}

void convert_cast(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::TensorType result = n.declared();
  if (n.ok() && (n.value(x).type.quantization || result.quantization)) {
    n.unsupported("is not supported in quantised arithmetic");
  }
  n.produce(ir::Op::kCast, {x}, {{"to", std::string(ir::element_name(result.element))}});
}

} // namespace tinyml::tflite
