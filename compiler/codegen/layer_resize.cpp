// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/resize.hpp"

#include "compiler/codegen/layer.hpp"
#include "compiler/ir/types.hpp"
#include "kernels/reference/cast.hpp"
#include "kernels/reference/requantize.hpp"

namespace tinyml::codegen {
namespace {

Fields shape_fields(const kernels::reference::ResizeShape &shape) {
  return Fields()
      .add("outer", shape.outer)
      .add("input_rows", shape.in_rows)
      .add("input_columns", shape.in_columns)
      .add("output_rows", shape.out_rows)
      .add("output_columns", shape.out_columns)
      .add("inner", shape.inner);
}

template <typename T>
std::string table(const LayerContext &c, Layer &layer, const std::string &what,
                  ir::ElementType element, const std::vector<T> &entries) {
  const std::string name = c.name + "_" + what;
  layer.weights.push_back({name, element, ir::constant_data(entries)});
  return "weights::" + name;
}

std::vector<std::int32_t> bilinear_table(std::int64_t in, std::int64_t out,
                                         kernels::reference::BilinearGrid grid) {
  std::vector<std::int32_t> entries;
  for (const auto &place : kernels::reference::bilinear_places(
           static_cast<std::int32_t>(in), static_cast<std::int32_t>(out), grid)) {
    entries.insert(entries.end(), {place.low, place.high, place.fraction});
  }
  return entries;
}

Layer make_bilinear_int8(const LayerContext &c, const kernels::reference::ResizeShape &shape,
                         kernels::reference::BilinearGrid grid) {
  Layer layer;
  layer.header = "resize_bilinear_int8.hpp";
  Fields fields = shape_fields(shape);
  fields
      .add("rows", table(c, layer, "rows", ir::ElementType::kInt32,
                         bilinear_table(shape.in_rows, shape.out_rows, grid)))
      .add("columns", table(c, layer, "columns", ir::ElementType::kInt32,
                            bilinear_table(shape.in_columns, shape.out_columns, grid)));
  layer.calls.push_back({"resize_bilinear_int8",
                         "ResizeBilinearInt8",
                         std::move(fields),
                         {c.input_text(0, layer), c.output_text()}});
  return layer;
}

/// Multipliers and shifts, one an output channel or one for all, and what stands behind them.
void add_int8_output(const LayerContext &c, Layer &layer, Fields &fields) {
  std::vector<std::int32_t> values;
  std::vector<std::int8_t> shifts;
  for (const float scale : c.in(1).quantization->scales) {
    const auto m = kernels::convolution_multiplier(c.scale(c.in()), scale, c.scale(c.out()));
    values.push_back(m.value);
    shifts.push_back(static_cast<std::int8_t>(m.shift));
  }
  const ir::Range range = ir::activation_range(ir::activation_of(c.node), c.out());
  fields.add("multipliers", table(c, layer, "multipliers", ir::ElementType::kInt32, values))
      .add("shifts", table(c, layer, "shifts", ir::ElementType::kInt8, shifts))
      .add("input_zero_point", c.zero_point(c.in()))
      .add("output_zero_point", c.zero_point(c.out()))
      .add("low", range.low)
      .add("high", range.high)
      .add("table_step", values.size() > 1 ? 1 : 0);
}

} // namespace

Expected<Layer> make_resize(const LayerContext &c) {
  const ir::Resize resize = ir::resize_of(c.node, c.in(), c.out());
  if (const auto grid = ir::bilinear_grid(c.node, c.in(), c.out())) {
    return make_bilinear_int8(c, resize.shape, *grid);
  }
  const bool is_float = c.in().element == ir::ElementType::kFloat32;
  if (!is_float && (resize.weighted || c.in().quantization != c.out().quantization)) {
    return c.unsupported("it is computed in float only");
  }
  Layer layer;
  layer.header = "resize.hpp";
  Fields fields;
  fields.add("shape", shape_fields(resize.shape));
  using ir::ElementType;
  fields.add("rows", table(c, layer, "rows", ElementType::kInt32, resize.rows.indices));
  if (resize.weighted) {
    fields.add("row_weights",
               table(c, layer, "row_weights", ElementType::kFloat32, resize.rows.weights));
  }
  fields.add("columns", table(c, layer, "columns", ElementType::kInt32, resize.columns.indices));
  if (resize.weighted) {
    fields.add("column_weights",
               table(c, layer, "column_weights", ElementType::kFloat32, resize.columns.weights));
  }
  if (is_float) {
    fields.add_float("outside", resize.extrapolation);
  } else {
    fields.add("outside", std::int64_t{kernels::cast_element<std::int8_t>(resize.extrapolation)});
  }
  const std::string type = resize.weighted
                               ? "ResizeWeighted<" + std::to_string(resize.rows.count) + ">"
                               : "ResizeNearest<" + cpp_type(c.in().element) + ">";
  layer.calls.push_back({resize.weighted ? "resize_weighted" : "resize_nearest",
                         type,
                         std::move(fields),
                         {c.input_text(0, layer), c.output_text()},
                         !resize.weighted});
  return layer;
}

namespace {

/// Filter, bias and what makes a sum an output.
void add_transpose_arithmetic(const LayerContext &c, Layer &layer, Fields &fields) {
  const bool has_bias = c.node.inputs.size() > 2;
  if (c.is_int8()) {
    fields
        .add("filter", table(c, layer, "filter", ir::ElementType::kInt8,
                             ir::elements_of<std::int8_t>(c.input(1))))
        .add("bias", has_bias ? table(c, layer, "bias", ir::ElementType::kInt32,
                                      ir::elements_of<std::int32_t>(c.input(2)))
                              : std::string("nullptr"));
    add_int8_output(c, layer, fields);
    return;
  }
  const std::vector<float> bias =
      has_bias ? ir::elements_of<float>(c.input(2))
               : std::vector<float>(static_cast<std::size_t>(c.out().shape[3]), 0.0F);
  const FloatRange range = float_range(ir::activation_of(c.node));
  fields
      .add("filter",
           table(c, layer, "filter", ir::ElementType::kFloat32, ir::elements_of<float>(c.input(1))))
      .add("bias", table(c, layer, "bias", ir::ElementType::kFloat32, bias))
      .add_float("low", range.low)
      .add_float("high", range.high);
}

} // namespace

Expected<Layer> make_transpose_convolution(const LayerContext &c) {
  if (c.in().element != ir::ElementType::kFloat32 && !c.is_int8()) {
    return c.unsupported("it is computed in float and int8 only");
  }
  if (ir::layout_of(c.node) != ir::Layout::kNhwc || !c.input(1).constant ||
      (c.node.inputs.size() > 2 && !c.input(2).constant)) {
    return c.unsupported("it needs an NHWC image, constant weights and a constant bias");
  }
  const ir::Shape &in = c.in().shape;
  const ir::Shape &out = c.out().shape;
  const ir::Window w = ir::window_of(c.node, c.in(1).shape);
  Layer layer;
  layer.header = c.is_int8() ? "transpose_conv2d_int8.hpp" : "transpose_conv2d.hpp";
  Fields fields;
  const std::vector<std::pair<std::string, std::int64_t>> numbers = {
      {"batches", in[0]},
      {"input_height", in[1]},
      {"input_width", in[2]},
      {"input_channels", in[3]},
      {"output_height", out[1]},
      {"output_width", out[2]},
      {"output_channels", out[3]},
      {"kernel_height", w.kernel_h},
      {"kernel_width", w.kernel_w},
      {"stride_height", w.stride_h},
      {"stride_width", w.stride_w},
      {"dilation_height", w.dilation_h},
      {"dilation_width", w.dilation_w},
      {"pad_top", w.pad_top},
      {"pad_left", w.pad_left},
      {"groups", ir::int_attribute(c.node, "groups", 1)}};
  for (const auto &[name, number] : numbers) {
    fields.add(name, number);
  }
  add_transpose_arithmetic(c, layer, fields);
  layer.macs =
      static_cast<std::uint64_t>(ir::element_count(in) * ir::element_count(c.in(1).shape) / in[3]);
  layer.calls.push_back({c.is_int8() ? "transpose_conv2d_int8" : "transpose_conv2d",
                         c.is_int8() ? "TransposeConv2dInt8" : "TransposeConv2d",
                         std::move(fields),
                         {c.input_text(0, layer), c.output_text()}});
  return layer;
}

} // namespace tinyml::codegen
