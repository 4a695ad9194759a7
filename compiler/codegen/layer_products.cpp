// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/rescale.hpp"

#include "compiler/ir/types.hpp"
#include "compiler/plan/kernel_facts.hpp"

#include <limits>

/// Convolutions and fully connected layers.
namespace tinyml::codegen {
namespace {

using ir::ElementType;

std::size_t size(std::int64_t dim) { return static_cast<std::size_t>(dim); }

/// Weights and bias must be known now, and of the types that belong together.
Expected<void> check_constants(const LayerContext &c) {
  for (std::size_t i = 1; i < c.node.inputs.size(); ++i) {
    if (!c.input(i).constant) {
      return c.unsupported("its weights are computed; they must be constants");
    }
  }
  const bool typed =
      c.in(1).element == c.in().element && c.out().element == c.in().element &&
      (c.node.inputs.size() < 3 || (c.in(2).element == ElementType::kInt32) == c.is_int8());
  return typed ? Expected<void>{} : c.unsupported("input, weights, bias and output do not match");
}

/// A filter that is multiplied with patches: one group or several.
struct DenseFilter {
  ir::ConstantData rows; ///< filter by filter
  DenseWeights shape;
};

/// The kernel call of products with gathered patches; `parameters` begins with what stands before
/// the filter.
Expected<Layer> make_patches(const LayerContext &c, const std::string &kernel,
                             const std::string &type, Fields parameters,
                             const DenseFilter &filter) {
  const ProductPacking &packing = c.is_int8() ? c.packing.int8_patches : c.packing.float_patches;
  const auto outputs = static_cast<std::int64_t>(filter.shape.groups * filter.shape.outputs);
  const auto depth = static_cast<std::int64_t>(filter.shape.inputs);
  if (depth > std::numeric_limits<std::int32_t>::max() / 64) {
    return c.unsupported("its filters are too large");
  }
  Layer layer;
  const std::int32_t zero = c.is_int8() ? c.zero_point(c.in()) : 0;
  const Filters filters =
      c.is_int8() ? int8_filters(filter.rows, outputs) : Filters{outputs, {}, {}};
  layer.weights.push_back(
      {c.name + "_filter", c.in(1).element,
       pack_dense(filter.rows, filter.shape, ir::element_size(c.in(1).element), packing),
       c.packing.weight_alignment});
  const auto rescale = rescale_fields(c, filters, packing.held_offset + zero, c.wide_scales, layer);
  if (!rescale) {
    return Failure{rescale.error()};
  }
  parameters.add("filter", "weights::" + c.name + "_filter")
      .add("depth", packing.padded(static_cast<int>(depth)))
      .add("padding", zero)
      .add("arithmetic", rescale->fields);
  layer.header = kernel + ".hpp";
  layer.calls.push_back({kernel + "<generic::" + rescale->type + ">",
                         type + "<generic::" + rescale->type + ">",
                         std::move(parameters),
                         {c.input_text(0, layer), c.output_text(), c.scratch_text()}});
  return layer;
}

Expected<Layer> make_depthwise(const LayerContext &c, const Fields &geometry) {
  const std::int64_t channels = c.out().shape[3];
  const ir::ConstantData &filter = *c.input(1).constant;
  const std::size_t element = ir::element_size(c.in(1).element);
  const ir::Shape &dims = c.in(1).shape;
  const DepthwiseWeights shape = {static_cast<int>(dims[1]), static_cast<int>(dims[2]),
                                  size(channels)};
  const std::size_t taps = filter.size() / element / size(channels);
  const bool by_lines = plan::works_by_lines(c.graph, c.node, c.packing);
  const std::int32_t zero = c.is_int8() ? c.zero_point(c.in()) : 0;
  const Filters filters = c.is_int8()
                              ? int8_filters(transposed(filter, taps, size(channels), 1), channels)
                              : Filters{channels, {}, {}};
  const auto &packing = by_lines      ? kernels::isa::kDepthwiseLines
                        : c.is_int8() ? c.packing.int8_depthwise
                                      : c.packing.float_depthwise;
  Layer layer;
  layer.weights.push_back({c.name + "_filter", c.in(1).element,
                           pack_depthwise(filter, shape, element, packing),
                           c.packing.weight_alignment});
  const auto rescale = rescale_fields(
      c, filters, packing.folds_zero_point ? packing.held_offset + zero : 0, false, layer);
  if (!rescale) {
    return Failure{rescale.error()};
  }
  Fields parameters;
  parameters.add("window", geometry)
      .add("filter", "weights::" + c.name + "_filter")
      .add(by_lines ? "padding" : "input_offset", by_lines ? zero : -zero)
      .add("arithmetic", rescale->fields);
  const std::string kernel = by_lines ? "depthwise_lines" : "depthwise_conv2d";
  const std::string type = by_lines ? "DepthwiseLines" : "DepthwiseConv2d";
  layer.header = kernel + ".hpp";
  layer.calls.push_back({kernel + "<generic::" + rescale->type + ">",
                         type + "<generic::" + rescale->type + ">",
                         std::move(parameters),
                         {c.input_text(0, layer), c.output_text()}});
  if (by_lines) {
    layer.calls.back().arguments.push_back(c.scratch_text());
  }
  return layer;
}

DenseFilter dense_filter(const LayerContext &c, const ir::Window &window, std::int64_t groups) {
  const std::int64_t inputs = c.in().shape[3];
  const std::int64_t outputs = c.out().shape[3];
  const std::size_t taps = size(window.kernel_h * window.kernel_w);
  const ir::Value &filter = c.input(1);
  const bool depthwise = c.node.op == ir::Op::kDepthwiseConv2d;
  return {depthwise ? transposed(*filter.constant, taps, size(outputs),
                                 ir::element_size(filter.type.element))
                    : *filter.constant,
          {size(groups), size(outputs / groups), taps * size(inputs / groups)}};
}

Expected<Layer> make_convolution_of(const LayerContext &c, const ir::Window &window,
                                    const Fields &geometry) {
  const bool dilated = window.dilation_h != 1 || window.dilation_w != 1;
  const bool depthwise = c.node.op == ir::Op::kDepthwiseConv2d;
  const std::int64_t inputs = c.in().shape[3];
  if (depthwise && inputs == c.out().shape[3] && !dilated) {
    return make_depthwise(c, geometry);
  }
  const std::int64_t groups = depthwise ? inputs : ir::int_attribute(c.node, "groups", 1);
  const DenseFilter filter = dense_filter(c, window, groups);
  Fields parameters;
  parameters.add("window", geometry);
  if (groups == 1 && !dilated) {
    return make_patches(c, "conv2d", "Conv2d", std::move(parameters), filter);
  }
  parameters.add("dilation_height", window.dilation_h)
      .add("dilation_width", window.dilation_w)
      .add("groups", groups);
  return make_patches(c, "conv2d_sparse", "Conv2dSparse", std::move(parameters), filter);
}

std::uint64_t convolution_macs(const LayerContext &c, const ir::Window &window) {
  const std::int64_t depth = c.node.op == ir::Op::kDepthwiseConv2d ? 1 : c.in(1).shape[3];
  return static_cast<std::uint64_t>(ir::element_count(c.out().shape) * window.kernel_h *
                                    window.kernel_w * depth);
}

/// One row of inputs, read where it lies or held in scratch memory as a whole.
Expected<Layer> make_single_row(const LayerContext &c) {
  const ir::Shape &weights = c.in(1).shape;
  const ProductPacking &packing = c.is_int8() ? c.packing.int8_row : c.packing.float_row;
  Layer layer;
  layer.header = "fully_connected.hpp";
  layer.weights.push_back({c.name + "_weights", c.in(1).element,
                           pack_dense(*c.input(1).constant, {1, size(weights[0]), size(weights[1])},
                                      ir::element_size(c.in(1).element), packing),
                           c.packing.weight_alignment});
  const Filters filters =
      c.is_int8() ? int8_filters(*c.input(1).constant, weights[0]) : Filters{weights[0], {}, {}};
  const std::int32_t zero = c.is_int8() ? c.zero_point(c.in()) : 0;
  const auto rescale = rescale_fields(c, filters, packing.held_offset + zero, false, layer);
  if (!rescale) {
    return Failure{rescale.error()};
  }
  Fields parameters;
  parameters.add("inputs", weights[1])
      .add("outputs", weights[0])
      .add("weights", "weights::" + c.name + "_weights")
      .add("arithmetic", rescale->fields);
  layer.calls.push_back({"fully_connected<generic::" + rescale->type + ">",
                         "FullyConnected<generic::" + rescale->type + ">",
                         std::move(parameters),
                         {c.input_text(0, layer), c.output_text(), c.scratch_text()}});
  return layer;
}

/// Several rows are the positions of a 1x1 convolution.
Expected<Layer> make_rows(const LayerContext &c, std::int64_t rows) {
  const ir::Shape &weights = c.in(1).shape;
  const auto geometry = window_fields(c, {1, rows, 1, weights[1]}, {1, rows, 1, weights[0]}, {});
  if (!geometry) {
    return Failure{geometry.error()};
  }
  Fields parameters;
  parameters.add("window", *geometry);
  return make_patches(c, "conv2d", "Conv2d", std::move(parameters),
                      {*c.input(1).constant, {1, size(weights[0]), size(weights[1])}});
}

} // namespace

Expected<Layer> make_convolution(const LayerContext &c) {
  if (const auto constants = check_constants(c); !constants) {
    return Failure{constants.error()};
  }
  const ir::Window window = ir::window_of(c.node, c.in(1).shape);
  const auto geometry = window_fields(c, window);
  if (!geometry) {
    return Failure{geometry.error()};
  }
  auto layer = make_convolution_of(c, window, *geometry);
  if (layer) {
    layer->macs = convolution_macs(c, window);
  }
  return layer;
}

Expected<Layer> make_fully_connected(const LayerContext &c) {
  if (const auto constants = check_constants(c); !constants) {
    return Failure{constants.error()};
  }
  const ir::Shape &weights = c.in(1).shape;
  const std::int64_t rows = ir::element_count(c.out().shape) / weights[0];
  auto layer = rows == 1 ? make_single_row(c) : make_rows(c, rows);
  if (layer) {
    layer->macs = static_cast<std::uint64_t>(rows * weights[0] * weights[1]);
  }
  return layer;
}

} // namespace tinyml::codegen
