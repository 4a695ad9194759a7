// SPDX-License-Identifier: Apache-2.0
// CONV_2D and DEPTHWISE_CONV_2D: images NHWC, filters OHWI and 1HWO as in the IR.
#include "compiler/frontends/tflite/node_import.hpp"

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

} // namespace tinyml::tflite
