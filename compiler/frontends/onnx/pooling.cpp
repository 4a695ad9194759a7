// SPDX-License-Identifier: Apache-2.0
// MaxPool, AveragePool, GlobalAveragePool.
#include "compiler/frontends/onnx/lowering.hpp"

#include <algorithm>
#include <numeric>

namespace tinyml::onnx {
namespace {

/// Padding after the end of one axis that makes a rounded-down output as long as a rounded-up one.
/// A window that would start behind the data and its front padding is not counted.
std::int64_t padding_after(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                           std::int64_t before, std::int64_t after) {
  const std::int64_t room = size + before + after - kernel;
  if (room < 0) {
    return after; // the window does not fit; shape inference will say so
  }
  std::int64_t outputs = (room + stride - 1) / stride + 1;
  if ((outputs - 1) * stride >= size + before) {
    --outputs;
  }
  return std::max(after, (outputs - 1) * stride + kernel - size - before);
}

WindowAttributes read_pool(NodeImport &n, const ir::Shape &image) {
  n.expect_outputs(1);
  if (!n.has_attribute("kernel_shape")) {
    n.invalid("lacks attribute 'kernel_shape'");
  }
  WindowAttributes window = read_window(n, image, n.ints_or("kernel_shape", {1, 1}));
  if (window.dilations != std::vector<std::int64_t>{1, 1}) {
    n.unsupported("is supported without dilations only");
  }
  if (n.int_or("storage_order", 0) != 0) {
    n.unsupported("is supported with storage_order 0 only");
  }
  return window;
}

void round_up(NodeImport &n, const ir::Shape &image, WindowAttributes &window) {
  if (!n.ok() || n.int_or("ceil_mode", 0) == 0) {
    return;
  }
  auto &pads = window.pads;
  pads[2] = padding_after(image[2], window.kernel[0], window.strides[0], pads[0], pads[2]);
  pads[3] = padding_after(image[3], window.kernel[1], window.strides[1], pads[1], pads[3]);
}

ir::Attributes pool_attributes(const WindowAttributes &window) {
  return {{"kernel", window.kernel},
          {"strides", window.strides},
          {"pads", window.pads},
          {"layout", std::string("NCHW")}};
}

/// Padding that counts into the average is real zeros; see docs/ir.md.
ir::ValueId pad_with_zeros(NodeImport &n, ir::ValueId x, WindowAttributes &window) {
  const auto pads = std::exchange(window.pads, {0, 0, 0, 0});
  if (std::all_of(pads.begin(), pads.end(), [](std::int64_t p) { return p == 0; })) {
    return x;
  }
  const std::vector<std::int64_t> all = {0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]};
  return n.emit(ir::Op::kPad, {x}, {{"pads", all}});
}

} // namespace

void convert_max_pool(NodeImport &n) {
  const ir::ValueId given = n.input(0);
  const ir::ValueId x = as_image(n, given);
  WindowAttributes window = read_pool(n, n.shape(x));
  round_up(n, n.shape(x), window);
  const ir::ElementType element = n.element(x);
  const bool narrow = element == ir::ElementType::kUint8 || element == ir::ElementType::kInt8;
  // Maxima of bytes are exact in float.
  const ir::ValueId wide = narrow ? cast(n, x, ir::ElementType::kFloat32) : x;
  const ir::ValueId y = n.emit(ir::Op::kMaxPool2d, {wide}, pool_attributes(window));
  n.define(0, cast(n, as_line(n, y, is_line(n.shape(given))), element));
}

void convert_average_pool(NodeImport &n) {
  const ir::ValueId given = n.input(0);
  ir::ValueId x = as_image(n, given);
  WindowAttributes window = read_pool(n, n.shape(x));
  if (n.ok() && n.int_or("count_include_pad", 0) != 0) {
    x = pad_with_zeros(n, x, window);
  }
  round_up(n, n.shape(x), window);
  const ir::ValueId y = n.emit(ir::Op::kAveragePool2d, {x}, pool_attributes(window));
  n.define(0, as_line(n, y, is_line(n.shape(given))));
}

void convert_global_average_pool(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Shape shape = n.shape(x);
  if (shape.size() == 4) {
    n.define(0, n.emit(ir::Op::kAveragePool2d, {x},
                       {{"kernel", std::vector<std::int64_t>{shape[2], shape[3]}},
                        {"layout", std::string("NCHW")}}));
    return;
  }
  if (n.ok() && shape.size() < 3) {
    n.invalid("needs at least 3 dimensions, not " + ir::shape_text(shape));
  }
  std::vector<std::int64_t> axes(shape.size() < 3 ? 0 : shape.size() - 2);
  std::iota(axes.begin(), axes.end(), 2);
  n.define(0, n.emit(ir::Op::kMean, {x}, {{"axes", axes}, {"keep_dims", std::int64_t{1}}}));
}

} // namespace tinyml::onnx
