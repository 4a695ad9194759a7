// SPDX-License-Identifier: Apache-2.0
// Conv: https://onnx.ai/onnx/operators/onnx__Conv.html
#include "compiler/frontends/onnx/node_import.hpp"

#include <algorithm>

namespace tinyml::onnx {
namespace {

/// Padding of one axis so that the output has ceil(size / stride) elements (auto_pad SAME_*).
struct SamePadding {
  std::int64_t before, after;
};

SamePadding same_padding(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                         std::int64_t dilation, bool more_after) {
  const std::int64_t outputs = (size + stride - 1) / stride;
  const std::int64_t reach = (kernel - 1) * dilation + 1;
  const std::int64_t total = std::max<std::int64_t>(0, (outputs - 1) * stride + reach - size);
  const std::int64_t less = total / 2;
  return more_after ? SamePadding{less, total - less} : SamePadding{total - less, less};
}

bool in_range(const std::vector<std::int64_t> &list, std::size_t count, std::int64_t least) {
  return list.size() == count && std::all_of(list.begin(), list.end(), [=](std::int64_t v) {
           return v >= least && v <= ir::kMaxAttribute;
         });
}

void apply_auto_pad(const std::string &mode, const ir::Shape &image, WindowAttributes &window) {
  if (mode == "VALID") {
    window.pads = {0, 0, 0, 0};
    return;
  }
  const bool more_after = mode == "SAME_UPPER";
  const SamePadding rows =
      same_padding(image[2], window.kernel[0], window.strides[0], window.dilations[0], more_after);
  const SamePadding columns =
      same_padding(image[3], window.kernel[1], window.strides[1], window.dilations[1], more_after);
  window.pads = {rows.before, columns.before, rows.after, columns.after};
}

} // namespace

WindowAttributes read_window(NodeImport &n, const ir::Shape &image,
                             std::vector<std::int64_t> kernel) {
  WindowAttributes window{std::move(kernel), n.ints_or("strides", {1, 1}),
                          n.ints_or("dilations", {1, 1}), n.ints_or("pads", {0, 0, 0, 0})};
  if (n.ok() && image.size() != 4) {
    n.unsupported("works on 2-dimensional images (N, C, H, W) only, not on " +
                  ir::shape_text(image));
  }
  if (n.ok() && (!in_range(window.kernel, 2, 1) || !in_range(window.strides, 2, 1) ||
                 !in_range(window.dilations, 2, 1) || !in_range(window.pads, 4, 0))) {
    n.invalid("has strides, dilations, pads or a kernel shape that make no 2-dimensional window");
  }
  const std::string mode = n.text_or("auto_pad", "NOTSET");
  if (!n.ok() || mode == "NOTSET") {
    return window;
  }
  if (mode != "VALID" && mode != "SAME_UPPER" && mode != "SAME_LOWER") {
    n.invalid("has an unknown auto_pad '" + mode + "'");
    return window;
  }
  apply_auto_pad(mode, image, window);
  return window;
}

void convert_conv(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::ValueId filter = n.input(1);
  if (n.ok() && n.shape(filter).size() != 4) {
    n.unsupported("needs a 4-dimensional filter, not " + ir::shape_text(n.shape(filter)));
  }
  if (!n.ok()) {
    return;
  }
  const std::vector<std::int64_t> kernel = {n.shape(filter)[2], n.shape(filter)[3]};
  const WindowAttributes window = read_window(n, n.shape(x), kernel);
  if (n.ints_or("kernel_shape", kernel) != kernel) {
    n.invalid("has a kernel_shape that is not its filter's");
  }
  std::vector<ir::ValueId> inputs = {x, filter};
  if (n.has_input(2)) {
    inputs.push_back(n.input(2));
  }
  n.define(0, n.emit(ir::Op::kConv2d, inputs,
                     {{"strides", window.strides},
                      {"dilations", window.dilations},
                      {"pads", window.pads},
                      {"groups", n.int_or("group", 1)},
                      {"layout", std::string("NCHW")}}));
}

} // namespace tinyml::onnx
