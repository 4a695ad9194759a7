// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/boxes.hpp"
#include "compiler/codegen/layer.hpp"

#include "compiler/ir/types.hpp"
#include "kernels/reference/requantize.hpp"

#include <cmath>

/// Pools, means, and operators that only move elements.
namespace tinyml::codegen {
namespace {

using ir::Op;

std::string ranked(const std::string &name, const std::string &arguments, std::size_t rank) {
  return name + "<" + arguments + std::to_string(rank) + ">";
}

/// A variable keeps its place, so that its other shape is a copy.
Layer copy_variable(const LayerContext &c) {
  Layer layer;
  layer.header = "transpose.hpp";
  layer.calls.push_back(
      {"transpose",
       ranked("Transpose", "", 1),
       Fields().add("box", box_fields({{ir::element_count(c.out().shape), 1, 1}})),
       {c.input_text(0, layer), c.output_text()},
       false});
  return layer;
}

Expected<Layer> make_reshape(const LayerContext &c) {
  if (c.input(0).variable) {
    return copy_variable(c);
  }
  const auto &from = c.plan.placements[c.node.inputs[0]];
  const auto &to = c.plan.placements[c.node.outputs[0]];
  if (!from || from->offset_bytes != to->offset_bytes) {
    return c.unsupported("it reshapes a constant; the default passes fold that");
  }
  return Layer{};
}

Expected<Layer> make_transpose(const LayerContext &c) {
  const auto permutation = ir::ints_attribute(c.node, "permutation", {});
  const auto in_steps = dense_steps(c.in().shape);
  const auto out_steps = dense_steps(c.out().shape);
  std::vector<BoxAxis> axes;
  for (std::size_t i = 0; i < permutation.size(); ++i) {
    const auto source = static_cast<std::size_t>(permutation[i]);
    axes.push_back({c.out().shape[i], in_steps[source], out_steps[i]});
  }
  axes = joined(axes);
  Layer layer;
  layer.header = "transpose.hpp";
  layer.calls.push_back({"transpose",
                         ranked("Transpose", "", axes.size()),
                         Fields().add("box", box_fields(axes)),
                         {c.input_text(0, layer), c.output_text()},
                         false});
  return layer;
}

/// As interpret and TFLM quantise a padding value.
std::string pad_value(const LayerContext &c) {
  const auto value = static_cast<float>(ir::double_attribute(c.node, "value", 0));
  if (!c.is_int8() && !c.is_int16()) {
    return float_literal(value);
  }
  const ir::Range range = ir::clamp_range(static_cast<double>(value), ir::kInfinity, c.out());
  return std::to_string(range.low);
}

Expected<Layer> make_pad(const LayerContext &c) {
  const ir::Shape &in = c.in().shape;
  const auto pads = ir::ints_attribute(c.node, "pads", {});
  const auto in_steps = dense_steps(in);
  const auto out_steps = dense_steps(c.out().shape);
  std::int64_t first = 0;
  std::vector<BoxAxis> axes;
  for (std::size_t i = 0; i < in.size(); ++i) {
    axes.push_back({in[i], in_steps[i], out_steps[i]});
    first += pads[i] * out_steps[i];
  }
  axes = joined(axes);
  Layer layer;
  layer.header = "pad.hpp";
  Fields parameters;
  parameters.add("box", box_fields(axes))
      .add("output_count", ir::element_count(c.out().shape))
      .add("first_element", first)
      .add("value", pad_value(c));
  layer.calls.push_back({"pad",
                         ranked("Pad", cpp_type(c.in().element) + ", ", axes.size()),
                         std::move(parameters),
                         {c.input_text(0, layer), c.output_text()},
                         false});
  return layer;
}

Expected<Layer> make_concat(const LayerContext &c) {
  const auto axis = static_cast<std::size_t>(ir::int_attribute(c.node, "axis", 0));
  const ir::Shape &out = c.out().shape;
  const std::int64_t inner =
      ir::element_count({out.begin() + static_cast<std::ptrdiff_t>(axis) + 1, out.end()});
  Layer layer;
  std::int64_t position = 0;
  for (std::size_t i = 0; i < c.node.inputs.size(); ++i) {
    const std::int64_t row = c.in(i).shape[axis] * inner;
    const std::string from = c.input_text(i, layer);
    const std::string to = c.output_text(static_cast<std::size_t>(position));
    position += row;
    if (from == to) {
      continue; // the plan let it be computed where it belongs
    }
    Fields parameters;
    parameters.add("rows", ir::element_count(c.in(i).shape) / row)
        .add("row", row)
        .add("output_step", out[axis] * inner);
    layer.header = "concat.hpp";
    layer.calls.push_back({"concat_part", "ConcatPart", std::move(parameters), {from, to}});
  }
  return layer;
}

/// As kernels/generic/mean_quantized.hpp ends.
void add_mean_rescaling(const LayerContext &c, std::int64_t count, Fields &fields) {
  const double ratio = static_cast<double>(c.scale(c.in())) / static_cast<double>(c.scale(c.out()));
  const bool is_sum = ir::text_attribute(c.node, "function", "mean") == "sum";
  const kernels::Multiplier scales = kernels::quantize_multiplier(ratio);
  const kernels::Multiplier m = is_sum ? scales : kernels::mean_multiplier(scales, count);
  fields.add("zero_sum", c.zero_point(c.in()) * count)
      .add("multiplier", Fields().add("value", m.value).add("shift", m.shift))
      .add("output_zero_point", c.zero_point(c.out()));
}

} // namespace

Expected<Layer> make_pool(const LayerContext &c) {
  const ir::Window window = ir::window_of(c.node, {});
  const auto geometry = window_fields(c, window);
  if (!geometry) {
    return Failure{geometry.error()};
  }
  const bool max = c.node.op == Op::kMaxPool2d;
  Layer layer;
  layer.header = max ? "max_pool2d.hpp" : "average_pool2d.hpp";
  layer.calls.push_back({max ? "max_pool2d" : "average_pool2d",
                         max ? "MaxPool2d" : "AveragePool2d",
                         Fields().add("window", *geometry),
                         {c.input_text(0, layer), c.output_text()}});
  return layer;
}

Expected<Layer> make_mean(const LayerContext &c) {
  const ir::Shape &in = c.in().shape;
  std::vector<bool> reduced(in.size(), false);
  for (const std::int64_t axis : ir::ints_attribute(c.node, "axes", {})) {
    reduced[static_cast<std::size_t>(axis)] = true;
  }
  // [outer, reduced, inner]: 0 before, 1 in, 2 behind the reduced axes.
  std::int64_t parts[3] = {1, 1, 1};
  std::size_t part = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == 1) {
      continue;
    }
    part = reduced[i] ? std::max<std::size_t>(part, 1) : (part == 1 ? 2 : part);
    if (reduced[i] && part == 2) {
      return c.in().element == ir::ElementType::kFloat32
                 ? Expected<Layer>(make_scattered_mean(c))
                 : c.unsupported("the reduced axes are not neighbours");
    }
    parts[part] *= in[i];
  }
  Layer layer;
  const bool quantized = c.in().element != ir::ElementType::kFloat32;
  layer.header = quantized ? "mean_quantized.hpp" : "mean.hpp";
  Fields parameters;
  parameters.add("outer", parts[0]).add("reduced", parts[1]).add("inner", parts[2]);
  if (quantized) {
    add_mean_rescaling(c, parts[1], parameters);
  }
  layer.calls.push_back({quantized ? "mean_quantized" : "mean",
                         quantized ? "MeanQuantized" : "Mean",
                         std::move(parameters),
                         {c.input_text(0, layer), c.output_text()}});
  return layer;
}

Expected<Layer> make_movement(const LayerContext &c) {
  switch (c.node.op) {
  case Op::kReshape:
    return make_reshape(c);
  case Op::kTranspose:
    return make_transpose(c);
  case Op::kPad:
    return make_pad(c);
  default:
    return make_concat(c);
  }
}

} // namespace tinyml::codegen
