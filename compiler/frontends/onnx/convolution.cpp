// SPDX-License-Identifier: Apache-2.0
// Conv and ConvTranspose. One-dimensional ones run as images of height 1.
#include "compiler/frontends/onnx/node_import.hpp"

#include <algorithm>
#include <array>

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

namespace {

/// The numbers of one dimension as those of rows and columns.
std::vector<std::int64_t> widened(const std::vector<std::int64_t> &given, std::int64_t row) {
  return given.size() == 1 ? std::vector<std::int64_t>{row, given[0]} : given;
}

} // namespace

bool is_line(const ir::Shape &image) { return image.size() == 3; }

ir::ValueId as_image(NodeImport &n, ir::ValueId x) {
  const ir::Shape s = n.shape(x);
  return n.ok() && is_line(s) ? n.reshape(x, {s[0], s[1], 1, s[2]}) : x;
}

ir::ValueId as_line(NodeImport &n, ir::ValueId image, bool line) {
  const ir::Shape s = n.shape(image);
  return n.ok() && line ? n.reshape(image, {s[0], s[1], s[3]}) : image;
}

WindowAttributes read_window(NodeImport &n, const ir::Shape &image,
                             std::vector<std::int64_t> kernel) {
  WindowAttributes window{widened(kernel, 1), widened(n.ints_or("strides", {1, 1}), 1),
                          widened(n.ints_or("dilations", {1, 1}), 1),
                          n.ints_or("pads", {0, 0, 0, 0})};
  if (window.pads.size() == 2) {
    window.pads = {0, window.pads[0], 0, window.pads[1]};
  }
  if (n.ok() && image.size() != 4) {
    n.unsupported("works on lines (N, C, W) and images (N, C, H, W) only, not on " +
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

namespace {

/// Filter sizes without the first two dimensions; checked against kernel_shape.
std::vector<std::int64_t> kernel_of(NodeImport &n, const ir::Shape &filter, std::size_t rank) {
  if (n.ok() && (filter.size() != rank || rank < 3 || rank > 4)) {
    n.unsupported("works on lines (N, C, W) and images (N, C, H, W) with a filter of as many "
                  "dimensions, not on " +
                  std::to_string(rank) + " dimensions with filter " + ir::shape_text(filter));
  }
  if (!n.ok()) {
    return {1, 1};
  }
  const std::vector<std::int64_t> kernel(filter.begin() + 2, filter.end());
  if (n.ints_or("kernel_shape", kernel) != kernel) {
    n.invalid("has a kernel_shape that is not its filter's");
  }
  return kernel;
}

void convert_conv(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::ValueId filter = n.input(1);
  const bool line = is_line(n.shape(x));
  const auto kernel = kernel_of(n, n.shape(filter), n.shape(x).size());
  const ir::ValueId image = as_image(n, x);
  const WindowAttributes window = read_window(n, n.shape(image), kernel);
  std::vector<ir::ValueId> inputs = {image, as_image(n, filter)};
  if (n.has_input(2)) {
    inputs.push_back(n.input(2));
  }
  const ir::ValueId y = n.emit(ir::Op::kConv2d, inputs,
                               {{"strides", window.strides},
                                {"dilations", window.dilations},
                                {"pads", window.pads},
                                {"groups", n.int_or("group", 1)},
                                {"layout", std::string("NCHW")}});
  n.define(0, as_line(n, y, line));
}

/// ONNX's filter [inputs, outputs / groups, h, w] as OIHW [outputs, inputs / groups, h, w].
ir::ValueId outputs_first(NodeImport &n, ir::ValueId filter, std::int64_t groups) {
  const ir::Shape s = n.shape(filter);
  if (!n.ok() || groups < 1 || s[0] % groups != 0) {
    n.invalid("has groups that do not divide its inputs");
    return filter;
  }
  const ir::ValueId split = n.reshape(filter, {groups, s[0] / groups, s[1], s[2], s[3]});
  return n.reshape(n.transpose(split, {0, 2, 1, 3, 4}), {s[1] * groups, s[0] / groups, s[2], s[3]});
}

/// Cuts so that the output has the wanted size: `output_shape`, or stride times the input.
void cut_to_size(NodeImport &n, const ir::Shape &image, const std::vector<std::int64_t> &padding,
                 WindowAttributes &window) {
  const std::string mode = n.text_or("auto_pad", "NOTSET");
  std::vector<std::int64_t> wanted = widened(n.ints_or("output_shape", {}), 1);
  if (wanted.empty() && (mode == "NOTSET" || mode == "VALID")) {
    return;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t reach = (window.kernel[i] - 1) * window.dilations[i] + 1;
    const std::int64_t full = (image[i + 2] - 1) * window.strides[i] + reach + padding[i];
    const std::int64_t size =
        wanted.size() > i ? wanted[wanted.size() - 2 + i] : image[i + 2] * window.strides[i];
    const std::int64_t total = std::max<std::int64_t>(0, full - size);
    const std::int64_t less = total / 2;
    window.pads[i] = mode == "SAME_UPPER" ? less : total - less;
    window.pads[i + 2] = total - window.pads[i];
  }
}

void convert_conv_transpose(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::ValueId filter = n.input(1);
  const bool line = is_line(n.shape(x));
  const auto kernel = kernel_of(n, n.shape(filter), n.shape(x).size());
  const ir::ValueId image = as_image(n, x);
  WindowAttributes window = read_window(n, n.shape(image), kernel);
  auto padding = widened(n.ints_or("output_padding", {0, 0}), 0);
  const std::int64_t groups = n.int_or("group", 1);
  const auto output_shape = n.ints_or("output_shape", {});
  if (n.ok() && (!in_range(padding, 2, 0) || !in_range(output_shape, output_shape.size(), 1))) {
    n.invalid("needs an output_padding of at least 0 and an output_shape of at least 1");
  }
  if (!n.ok()) {
    return;
  }
  cut_to_size(n, n.shape(image), padding, window);
  // An output_shape beyond what the filter reaches is filled up at the end.
  const auto wanted = widened(n.ints_or("output_shape", {}), 1);
  for (std::size_t i = 0; i < 2 && wanted.size() >= 2; ++i) {
    const std::int64_t full = (n.shape(image)[i + 2] - 1) * window.strides[i] +
                              (window.kernel[i] - 1) * window.dilations[i] + 1 + padding[i];
    padding[i] += std::max<std::int64_t>(0, wanted[wanted.size() - 2 + i] - full);
  }
  std::vector<ir::ValueId> inputs = {image, outputs_first(n, as_image(n, filter), groups)};
  if (n.has_input(2)) {
    inputs.push_back(n.input(2));
  }
  const ir::ValueId y = n.emit(ir::Op::kTransposeConv2d, inputs,
                               {{"strides", window.strides},
                                {"dilations", window.dilations},
                                {"pads", window.pads},
                                {"output_padding", padding},
                                {"groups", groups},
                                {"layout", std::string("NCHW")}});
  n.define(0, as_line(n, y, line));
}

constexpr std::array kOperators = {
    Operator{"AveragePool", convert_average_pool, 7},
    Operator{"Conv", convert_conv, 1},
    Operator{"ConvTranspose", convert_conv_transpose, 1},
    Operator{"Gemm", convert_gemm, 7},
    Operator{"GlobalAveragePool", convert_global_average_pool, 1},
    Operator{"MatMul", convert_matmul, 1},
    Operator{"MaxPool", convert_max_pool, 1},
    Operator{"Pad", convert_pad, 2},
    Operator{"Resize", convert_resize, 10},
    Operator{"Upsample", convert_upsample, 7},
};

} // namespace

std::span<const Operator> layer_operators() { return kOperators; }

} // namespace tinyml::onnx
