// SPDX-License-Identifier: Apache-2.0
// unary, binary, select and cast.
#include "compiler/codegen/boxes.hpp"
#include "compiler/codegen/layer.hpp"

#include "compiler/ir/functions.hpp"
#include "compiler/ir/types.hpp"
#include "kernels/reference/binary_quantized.hpp"

namespace tinyml::codegen {
namespace {

using ir::Op;

std::string qualified(kernels::BinaryFunction function) {
  return "tinyml::kernels::BinaryFunction::" + std::string(ir::constant_name(function));
}

Expected<Layer> make_unary(const LayerContext &c) {
  if (auto layer = make_training_root(c)) {
    return *std::move(layer);
  }
  const auto *info = ir::find_unary_function(ir::text_attribute(c.node, "function", ""));
  if (c.is_int8()) {
    return make_lookup(c);
  }
  if (info == nullptr || c.in().element != ir::ElementType::kFloat32) {
    return c.unsupported("it is computed in float only");
  }
  const auto number = [&](const char *name) {
    return static_cast<float>(ir::double_attribute(c.node, name, 0));
  };
  Layer layer;
  layer.header = "unary.hpp";
  layer.calls.push_back(
      {"apply_unary",
       "Unary<tinyml::kernels::unary::" + std::string(info->name) + ">",
       Fields()
           .add("count", ir::element_count(c.out().shape))
           .add("numbers",
                Fields().add_float("alpha", number("alpha")).add_float("beta", number("beta"))),
       {c.input_text(0, layer), c.output_text()},
       false});
  return layer;
}

std::vector<BoxAxis> box_of(const LayerContext &c, std::size_t first, std::size_t second) {
  const ir::Shape &out = c.out().shape;
  const auto first_steps = broadcast_steps(c.in(first).shape, out);
  const auto second_steps = broadcast_steps(c.in(second).shape, out);
  std::vector<BoxAxis> axes;
  for (std::size_t i = 0; i < out.size(); ++i) {
    axes.push_back({out[i], first_steps[i], second_steps[i]});
  }
  return axes;
}

Expected<Layer> make_select(const LayerContext &c) {
  // Both boxes need one rank: they are not joined.
  auto a = box_of(c, 0, 1);
  auto b = box_of(c, 0, 2);
  if (a.empty()) {
    a = b = {{1, 0, 0}};
  }
  Layer layer;
  layer.header = "select.hpp";
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < 3; ++i) {
    arguments.push_back(c.input_text(i, layer));
  }
  arguments.push_back(c.output_text());
  layer.calls.push_back({"select", "Select<" + std::to_string(a.size()) + ">",
                         Fields().add("a", box_fields(a)).add("b", box_fields(b)), arguments,
                         false});
  return layer;
}

Expected<Layer> make_cast(const LayerContext &c) {
  const bool to_bool = c.out().element == ir::ElementType::kBool;
  Layer layer;
  layer.header = "cast.hpp";
  layer.calls.push_back({to_bool ? "cast_to_bool" : "cast_elements",
                         "Cast",
                         Fields().add("count", ir::element_count(c.out().shape)),
                         {c.input_text(0, layer), c.output_text()}});
  return layer;
}

Fields multiplier_fields(const kernels::Multiplier &m) {
  return Fields().add("value", m.value).add("shift", m.shift);
}

/// Multipliers of kernels/generic/binary_quantized.hpp.
Fields rescaling_fields(const LayerContext &c, kernels::BinaryFunction function) {
  const float a = c.scale(c.in(0));
  const float b = c.scale(c.in(1));
  const float out = c.scale(c.out());
  if (function == kernels::BinaryFunction::kPrelu) {
    const auto m = kernels::prelu_multipliers(a, b, out);
    return Fields()
        .add("above", multiplier_fields(m.above))
        .add("below", multiplier_fields(m.below));
  }
  const auto m = kernels::square_multipliers(a, b, out,
                                             c.is_int8() ? kernels::kSquareShift<std::int8_t>
                                                         : kernels::kSquareShift<std::int16_t>);
  return Fields()
      .add("first", multiplier_fields(m.first))
      .add("second", multiplier_fields(m.second))
      .add("output", multiplier_fields(m.output));
}

Layer make_rescaled_function(const LayerContext &c, kernels::BinaryFunction function) {
  const auto box = joined(box_of(c, 0, 1));
  const std::string operation =
      function == kernels::BinaryFunction::kPrelu ? "Prelu" : "SquaredDifference";
  Layer layer;
  layer.header = "binary_quantized.hpp";
  Fields zeros;
  zeros.add("a_zero", c.zero_point(c.in(0)))
      .add("b_zero", c.zero_point(c.in(1)))
      .add("out_zero", c.zero_point(c.out()));
  Fields parameters;
  parameters.add("box", box_fields(box))
      .add("operation",
           Fields().add("multipliers", rescaling_fields(c, function)).add("zero_points", zeros));
  const std::string first = c.input_text(0, layer);
  const std::string second = c.input_text(1, layer);
  layer.calls.push_back({"binary",
                         "Binary<generic::" + operation + "<" + cpp_type(c.in().element) + ">, " +
                             std::to_string(box.size()) + ">",
                         std::move(parameters),
                         {first, second, c.output_text()},
                         false});
  return layer;
}

} // namespace

Expected<Layer> make_binary_function(const LayerContext &c) {
  if (auto layer = make_relu_gradient(c)) {
    return *std::move(layer);
  }
  const auto function = ir::binary_function_of(c.node);
  if (!function) {
    return c.unsupported("it has no such function");
  }
  switch (ir::arithmetic_of(*function, c.in(0), c.in(1), c.out())) {
  case ir::CodeArithmetic::kNone:
    return c.unsupported("it has no integer form between these quantisations");
  case ir::CodeArithmetic::kRescaled:
    return make_rescaled_function(c, *function);
  case ir::CodeArithmetic::kPlain:
    break;
  }
  const auto box = joined(box_of(c, 0, 1));
  const std::string rank = std::to_string(box.size());
  const bool compares = kernels::is_comparison(*function);
  Layer layer;
  layer.header = "function_of_two.hpp";
  Call call;
  call.function = compares ? "compare_elements" : "binary";
  call.type = compares ? "Comparison<" + qualified(*function) + ", " + rank + ">"
                       : "Binary<generic::FunctionOfTwo<" + qualified(*function) + ", " +
                             cpp_type(c.in().element) + ">, " + rank + ">";
  call.parameters.add("box", box_fields(box));
  if (!compares) {
    call.parameters.add("operation", "{}");
  }
  call.arguments = {c.input_text(0, layer), c.input_text(1, layer), c.output_text()};
  call.folds_parameters = false;
  layer.calls.push_back(std::move(call));
  return layer;
}

Expected<Layer> make_function(const LayerContext &c) {
  switch (c.node.op) {
  case Op::kUnary:
    return make_unary(c);
  case Op::kBinary:
    return make_binary_function(c);
  case Op::kSelect:
    return make_select(c);
  default:
    return make_cast(c);
  }
}

} // namespace tinyml::codegen
