// SPDX-License-Identifier: Apache-2.0
// AVERAGE_POOL_2D, MAX_POOL_2D, and the windows of convolutions and pools.
#include "compiler/frontends/tflite/node_import.hpp"

#include <algorithm>

namespace tinyml::tflite {
namespace {

struct Padded {
  std::int64_t before, after;
};

/// SAME: as much as makes ceil(size / stride) windows fit, the odd element behind.
Padded same_padding(std::int64_t size, std::int64_t reach, std::int64_t stride) {
  const std::int64_t windows = (size + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>(0, (windows - 1) * stride + reach - size);
  return {total / 2, total - total / 2};
}

bool in_range(std::int64_t value) { return value >= 1 && value <= ir::kMaxAttribute; }

void convert_pool(NodeImport &n, ir::Op op) {
  const auto &options = n.options<schema::Pool2DOptions>();
  const ir::ValueId x = n.input(0);
  if (n.ok() && n.shape(x).size() != 4) {
    n.invalid("needs a 4-dimensional image, not " + ir::shape_text(n.shape(x)));
  }
  if (!n.ok()) {
    return;
  }
  const std::int64_t height = options.filter_height();
  const std::int64_t width = options.filter_width();
  ir::Attributes attributes = window_attributes(
      n, n.shape(x), options.padding(), {options.stride_h(), options.stride_w(), height, width});
  attributes["kernel"] = std::vector<std::int64_t>{height, width};
  n.define(0, emit_activated(n, op, {x}, attributes, options.activation()));
}

} // namespace

ir::Attributes window_attributes(NodeImport &n, const ir::Shape &image, schema::Padding padding,
                                 const Window &window) {
  if (!in_range(window.stride_h) || !in_range(window.stride_w) || window.kernel_h < 1 ||
      window.kernel_w < 1) {
    n.invalid("has strides or a window below 1 or out of range");
    return {};
  }
  std::vector<std::int64_t> pads(4, 0);
  if (padding == schema::Padding_SAME) {
    const Padded rows = same_padding(image[1], window.kernel_h, window.stride_h);
    const Padded columns = same_padding(image[2], window.kernel_w, window.stride_w);
    pads = {rows.before, columns.before, rows.after, columns.after};
  } else if (padding != schema::Padding_VALID) {
    n.unsupported("has a padding that is neither SAME nor VALID");
  }
  return {{"strides", std::vector<std::int64_t>{window.stride_h, window.stride_w}},
          {"pads", std::move(pads)}};
}

void convert_max_pool_2d(NodeImport &n) { convert_pool(n, ir::Op::kMaxPool2d); }
void convert_average_pool_2d(NodeImport &n) { convert_pool(n, ir::Op::kAveragePool2d); }

} // namespace tinyml::tflite
