// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/boxes.hpp"
#include "compiler/codegen/layer.hpp"

#include "compiler/ir/functions.hpp"
#include "compiler/ir/int8_table.hpp"
#include "compiler/ir/types.hpp"
#include "kernels/reference/div_int8.hpp"

/// Operators that work element by element, and softmax.
namespace tinyml::codegen {
namespace {

using ir::Op;
using kernels::AddMultipliers;
using kernels::Multiplier;

Fields multiplier_fields(const Multiplier &multiplier) {
  return Fields().add("value", multiplier.value).add("shift", multiplier.shift);
}

std::vector<BoxAxis> broadcast_box(const LayerContext &c) {
  const ir::Shape &out = c.out().shape;
  const auto first = broadcast_steps(c.in(0).shape, out);
  const auto second = broadcast_steps(c.in(1).shape, out);
  std::vector<BoxAxis> axes;
  for (std::size_t i = 0; i < out.size(); ++i) {
    axes.push_back({out[i], first[i], second[i]});
  }
  return joined(axes);
}

std::string operation_name(Op op) {
  switch (op) {
  case Op::kAdd:
    return "Add";
  case Op::kSub:
    return "Sub";
  case Op::kMul:
    return "Mul";
  default:
    return "Div";
  }
}

std::string header_of(Op op) {
  switch (op) {
  case Op::kAdd:
    return "add.hpp";
  case Op::kSub:
    return "sub.hpp";
  case Op::kMul:
    return "mul.hpp";
  default:
    return "div.hpp";
  }
}

/// Zero points (int16 has none) and range, as add.hpp, mul.hpp and binary_int16.hpp end.
Fields &add_tail(const LayerContext &c, Fields &fields) {
  const ir::Range range = ir::activation_range(ir::activation_of(c.node), c.out());
  if (c.is_int8()) {
    fields.add("first_zero_point", c.zero_point(c.in(0)))
        .add("second_zero_point", c.zero_point(c.in(1)))
        .add("output_zero_point", c.zero_point(c.out()));
  }
  return fields.add("low", range.low).add("high", range.high);
}

Fields quantized_operation(const LayerContext &c) {
  const float first = c.scale(c.in(0));
  const float second = c.scale(c.in(1));
  const float output = c.scale(c.out());
  const std::int32_t shift =
      c.is_int16() ? AddMultipliers::kLeftShift16 : AddMultipliers::kLeftShift;
  Fields fields;
  if (c.node.op == Op::kMul || c.node.op == Op::kDiv) {
    fields.add("multiplier",
               multiplier_fields(c.node.op == Op::kMul
                                     ? kernels::convolution_multiplier(first, second, output)
                                     : kernels::div_multiplier(first, second, output)));
    return add_tail(c, fields);
  }
  const auto multipliers = c.node.op == Op::kSub
                               ? kernels::sub_multipliers(first, second, output, shift)
                               : kernels::add_multipliers(first, second, output, shift);
  fields.add("multipliers", Fields()
                                .add("first", multiplier_fields(multipliers.first))
                                .add("second", multiplier_fields(multipliers.second))
                                .add("output", multiplier_fields(multipliers.output)));
  add_tail(c, fields);
  return c.node.op == Op::kSub ? Fields().add("as_add", fields) : fields;
}

Fields float_operation(const LayerContext &c) {
  if (c.node.op == Op::kDiv) {
    return {};
  }
  const FloatRange range = float_range(ir::activation_of(c.node));
  return Fields().add_float("low", range.low).add_float("high", range.high);
}

/// A kernel of one input whose parameters begin with the number of elements.
Expected<Layer> unary(const LayerContext &c, std::string header, std::string function,
                      std::string type,
                      const std::vector<std::pair<std::string, std::string>> &more) {
  Layer layer;
  layer.header = std::move(header);
  Fields parameters;
  parameters.add("count", ir::element_count(c.out().shape));
  for (const auto &[name, text] : more) {
    parameters.add(name, text);
  }
  layer.calls.push_back({std::move(function),
                         std::move(type),
                         std::move(parameters),
                         {c.input_text(0, layer), c.output_text()}});
  return layer;
}

Expected<Layer> make_clamp(const LayerContext &c) {
  const bool relu = c.node.op == Op::kRelu;
  const double low = relu ? 0 : ir::double_attribute(c.node, "min", -ir::kInfinity);
  const double high = relu ? ir::kInfinity : ir::double_attribute(c.node, "max", ir::kInfinity);
  if (!c.is_int8() && !c.is_int16()) {
    return unary(c, "clamp.hpp", "clamp_elements", "Clamp<float>",
                 {{"low", float_literal(static_cast<float>(low))},
                  {"high", float_literal(static_cast<float>(high))}});
  }
  const ir::Range range = ir::clamp_range(low, high, c.out());
  return unary(c, "clamp.hpp", "clamp_elements", "Clamp<" + cpp_type(c.out().element) + ">",
               {{"low", std::to_string(range.low)}, {"high", std::to_string(range.high)}});
}

} // namespace

Expected<Layer> make_lookup(const LayerContext &c) {
  ir::ConstantData table;
  if (c.node.op == Op::kLookup) {
    if (!c.input(1).constant) {
      return c.unsupported("its table is computed; it must be a constant");
    }
    table = *c.input(1).constant;
  } else if (const auto computed = ir::int8_table(c.node, c.in(), c.out())) {
    table.assign(computed->begin(), computed->end());
  } else {
    return c.unsupported("it is computed in float only");
  }
  auto layer =
      unary(c, "lookup.hpp", "lookup", "Lookup", {{"table", "weights::" + c.name + "_table"}});
  if (layer) {
    layer->weights.push_back({c.name + "_table", ir::ElementType::kInt8, std::move(table)});
  }
  return layer;
}

Expected<Layer> make_binary(const LayerContext &c) {
  if (ir::is_plain_integer(c.in())) {
    return make_binary_function(c);
  }
  if (c.in(0).element != c.in(1).element || c.in(0).element != c.out().element) {
    return c.unsupported("its operands and its output have different types");
  }
  const std::vector<BoxAxis> box = broadcast_box(c);
  Layer layer;
  const bool quantized = c.is_int8() || c.is_int16();
  layer.header = c.is_int16() ? "binary_int16.hpp" : header_of(c.node.op);
  Fields parameters;
  parameters.add("box", box_fields(box))
      .add("operation", quantized ? quantized_operation(c) : float_operation(c));
  const std::string type = "Binary<generic::" + operation_name(c.node.op) + "<" +
                           cpp_type(c.in().element) + ">, " + std::to_string(box.size()) + ">";
  const std::string first = c.input_text(0, layer);
  const std::string second = c.input_text(1, layer);
  layer.calls.push_back(
      {"binary", type, std::move(parameters), {first, second, c.output_text()}, false});
  return layer;
}

Expected<Layer> make_elementwise(const LayerContext &c) {
  if (c.node.op == Op::kRelu || c.node.op == Op::kClip) {
    return make_clamp(c);
  }
  if (c.is_int8()) {
    return make_lookup(c);
  }
  if (c.node.op == Op::kSigmoid) {
    return unary(c, "sigmoid.hpp", "sigmoid", "Sigmoid", {});
  }
  return c.node.op == Op::kTanh ? unary(c, "tanh.hpp", "tanh", "Tanh", {})
                                : c.unsupported("it is not computed elementwise");
}

Expected<Layer> make_softmax(const LayerContext &c) {
  const ir::Shape &shape = c.in().shape;
  const std::int64_t axis = ir::int_attribute(c.node, "axis", 0);
  if (shape.empty() || axis != static_cast<std::int64_t>(shape.size()) - 1) {
    return c.unsupported("it runs along the last axis only; the default passes bring it there");
  }
  const double beta = ir::double_attribute(c.node, "beta", 1);
  Layer layer;
  layer.header = "softmax.hpp";
  Fields parameters;
  parameters.add("rows", ir::element_count(shape) / shape.back()).add("columns", shape.back());
  if (c.is_int8()) {
    const auto constants = kernels::softmax_constants(beta, c.scale(c.in()));
    parameters.add("constants", Fields()
                                    .add("input_multiplier", constants.input_multiplier)
                                    .add("input_left_shift", constants.input_left_shift)
                                    .add("diff_min", constants.diff_min));
  } else {
    parameters.add_float("beta", static_cast<float>(beta));
  }
  layer.calls.push_back({"softmax",
                         "Softmax<" + cpp_type(c.in().element) + ">",
                         std::move(parameters),
                         {c.input_text(0, layer), c.output_text()}});
  return layer;
}

Expected<Layer> make_conversion(const LayerContext &c) {
  const bool from_codes = c.is_int8() || c.is_int16();
  const bool to_codes =
      c.out().element == ir::ElementType::kInt8 || c.out().element == ir::ElementType::kInt16;
  if (c.node.op == Op::kQuantize && !from_codes && to_codes) {
    return unary(c, "quantize.hpp", "quantize", "Quantize",
                 {{"scale", float_literal(c.scale(c.out()))},
                  {"zero_point", std::to_string(c.zero_point(c.out()))}});
  }
  if (c.node.op == Op::kDequantize && from_codes && !to_codes &&
      c.in().quantization->scales.size() == 1) {
    return unary(c, "dequantize.hpp", "dequantize", "Dequantize",
                 {{"scale", float_literal(c.scale(c.in()))},
                  {"zero_point", std::to_string(c.zero_point(c.in()))}});
  }
  if (c.node.op == Op::kRequantize && from_codes && to_codes) {
    const Multiplier multiplier = kernels::quantize_multiplier(
        static_cast<double>(c.scale(c.in())) / static_cast<double>(c.scale(c.out())));
    return unary(c, "requantize.hpp", "requantize_elements", "Requantize",
                 {{"multiplier", multiplier_fields(multiplier).text()},
                  {"input_zero_point", std::to_string(c.zero_point(c.in()))},
                  {"output_zero_point", std::to_string(c.zero_point(c.out()))}});
  }
  return c.unsupported("from " + ir::type_text(c.in()) + " to " + ir::type_text(c.out()));
}

} // namespace tinyml::codegen
