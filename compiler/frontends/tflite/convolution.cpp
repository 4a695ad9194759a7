// SPDX-License-Identifier: Apache-2.0
// CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV: images NHWC, filters OHWI and 1HWO as in the IR.
#include "compiler/frontends/tflite/node_import.hpp"

#include <algorithm>

namespace tinyml::tflite {
namespace {

template <typename Options>
ir::Attributes convolution_attributes(NodeImport &n, const Options &options, ir::ValueId x,
                                      ir::ValueId filter) {
  if (n.ok() && (n.shape(x).size() != 4 || n.shape(filter).size() != 4)) {
    n.invalid("needs 4-dimensional data and filter, not " + ir::shape_text(n.shape(x)) + " and " +
              ir::shape_text(n.shape(filter)));
  }
  const std::int64_t dilation_h = options.dilation_h();
  const std::int64_t dilation_w = options.dilation_w();
  if (n.ok() && (dilation_h < 1 || dilation_w < 1 || dilation_h > ir::kMaxAttribute ||
                 dilation_w > ir::kMaxAttribute)) {
    n.invalid("has a dilation that is not in range");
  }
  if (!n.ok()) {
    return {};
  }
  const ir::Shape &kernel = n.shape(filter);
  ir::Attributes attributes =
      window_attributes(n, n.shape(x), options.padding(),
                        {options.stride_h(), options.stride_w(), (kernel[1] - 1) * dilation_h + 1,
                         (kernel[2] - 1) * dilation_w + 1});
  attributes["dilations"] = std::vector<std::int64_t>{dilation_h, dilation_w};
  return attributes;
}

/// How far one axis of a transposed convolution reaches over its output, or stays short of it.
struct Spread {
  std::int64_t before = 0, after = 0, missing = 0;
};

/// `in` input positions, `stride` apart, each spread over `kernel` outputs.
Spread spread(NodeImport &n, std::int64_t in, std::int64_t out, std::int64_t kernel,
              std::int64_t stride, schema::Padding padding) {
  const std::int64_t windows =
      padding == schema::Padding_SAME ? (out + stride - 1) / stride : (out - kernel) / stride + 1;
  if (windows != in) {
    n.invalid("cannot make " + std::to_string(out) + " rows or columns of " + std::to_string(in));
  }
  const std::int64_t total = (in - 1) * stride + kernel - out;
  const std::int64_t over = std::max<std::int64_t>(0, total);
  return {over / 2, over - over / 2, std::max<std::int64_t>(0, -total)};
}

bool is_stride(int stride) { return stride >= 1 && stride <= ir::kMaxAttribute; }

} // namespace

void convert_conv_2d(NodeImport &n) {
  const auto &options = n.options<schema::Conv2DOptions>();
  const ir::ValueId x = n.input(0);
  const ir::ValueId filter = read_weights(n, 1, x);
  ir::Attributes attributes = convolution_attributes(n, options, x, filter);
  std::vector<ir::ValueId> inputs = {x, filter};
  add_bias(n, 2, inputs);
  if (!n.ok()) {
    return;
  }
  const std::int64_t channels = n.shape(x)[3];
  const std::int64_t per_group = n.shape(filter)[3];
  if (channels % per_group != 0) {
    n.invalid("has " + std::to_string(channels) + " channels, but its filter reads " +
              std::to_string(per_group));
  }
  attributes["groups"] = channels / per_group;
  n.define(0, emit_activated(n, ir::Op::kConv2d, inputs, attributes, options.activation()));
}

void convert_depthwise_conv_2d(NodeImport &n) {
  const auto &options = n.options<schema::DepthwiseConv2DOptions>();
  const ir::ValueId x = n.input(0);
  const ir::ValueId filter = read_weights(n, 1, x);
  const ir::Attributes attributes = convolution_attributes(n, options, x, filter);
  std::vector<ir::ValueId> inputs = {x, filter};
  add_bias(n, 2, inputs);
  n.define(0,
           emit_activated(n, ir::Op::kDepthwiseConv2d, inputs, attributes, options.activation()));
}

void convert_transpose_conv(NodeImport &n) {
  const auto &options = n.options<schema::TransposeConvOptions>();
  const auto wanted = n.constant_ints(0, "output shape");
  const ir::ValueId x = n.input(2);
  const ir::ValueId filter = read_weights(n, 1, x);
  if (n.ok() && (n.shape(x).size() != 4 || n.shape(filter).size() != 4 || wanted.size() != 4)) {
    n.invalid("needs 4-dimensional data, filter and output");
  }
  if (!is_stride(options.stride_h()) || !is_stride(options.stride_w()) || wanted.size() != 4 ||
      wanted[1] < 1 || wanted[2] < 1 || wanted[1] > ir::kMaxAttribute ||
      wanted[2] > ir::kMaxAttribute) {
    n.invalid("has strides or an output shape out of range");
  }
  std::vector<ir::ValueId> inputs = {x, filter};
  add_bias(n, 3, inputs);
  if (!n.ok()) {
    return;
  }
  const Spread rows = spread(n, n.shape(x)[1], wanted[1], n.shape(filter)[1], options.stride_h(),
                             options.padding());
  const Spread columns = spread(n, n.shape(x)[2], wanted[2], n.shape(filter)[2], options.stride_w(),
                                options.padding());
  using Numbers = std::vector<std::int64_t>;
  n.define(
      0, emit_activated(n, ir::Op::kTransposeConv2d, inputs,
                        {{"strides", Numbers{options.stride_h(), options.stride_w()}},
                         {"pads", Numbers{rows.before, columns.before, rows.after, columns.after}},
                         {"output_padding", Numbers{rows.missing, columns.missing}}},
                        options.activation()));
}

} // namespace tinyml::tflite
