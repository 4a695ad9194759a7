// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/work.hpp"

#include "compiler/ir/attributes.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>

namespace tinyml::report {
namespace {

using ir::Op;

double rounded_up(std::int64_t count, std::int64_t bundle) {
  return static_cast<double>((count + bundle - 1) / bundle * bundle);
}

double elements(const ir::TensorType &type) {
  return static_cast<double>(ir::element_count(type.shape));
}

std::int64_t last_extent(const ir::TensorType &type) {
  return type.shape.empty() ? 1 : type.shape.back();
}

const ir::TensorType &input_type(const ir::Graph &graph, const ir::Node &node, std::size_t i) {
  return graph.values[node.inputs[i]].type;
}

const ir::TensorType &output_type(const ir::Graph &graph, const ir::Node &node) {
  return graph.values[node.outputs[0]].type;
}

/// One axis of a sliding window: how many taps meet the input at each output position.
struct Axis {
  std::int64_t input, output, kernel, stride, dilation, pad;

  [[nodiscard]] std::int64_t taps_inside(std::int64_t position) const {
    const std::int64_t start = position * stride - pad;
    const std::int64_t first = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
    const std::int64_t last = start >= input ? 0 : (input - start + dilation - 1) / dilation;
    return std::max<std::int64_t>(0, std::min(last, kernel) - first);
  }
  /// Over all positions: the sum of what `of` makes of the number of taps inside.
  template <typename Of> [[nodiscard]] double sum(Of of) const {
    constexpr std::int64_t kMostPositions = 1 << 16; // beyond, the border hardly counts
    if (output > kMostPositions) {
      return static_cast<double>(output) * of(kernel);
    }
    double total = 0;
    for (std::int64_t position = 0; position < output; ++position) {
      total += of(taps_inside(position));
    }
    return total;
  }
};

struct WindowAxes {
  Axis rows;
  Axis columns;
};

bool has_window(Op op) {
  return op == Op::kConv2d || op == Op::kDepthwiseConv2d || op == Op::kMaxPool2d ||
         op == Op::kAveragePool2d;
}

bool is_nhwc_window(const ir::Graph &graph, const ir::Node &node) {
  return has_window(node.op) && input_type(graph, node, 0).shape.size() == 4 &&
         output_type(graph, node).shape.size() == 4 && ir::layout_of(node) == ir::Layout::kNhwc;
}

ir::Window window_of(const ir::Graph &graph, const ir::Node &node) {
  return ir::window_of(node,
                       node.inputs.size() > 1 ? input_type(graph, node, 1).shape : ir::Shape{});
}

WindowAxes axes_of(const ir::Graph &graph, const ir::Node &node) {
  const ir::Shape &in = input_type(graph, node, 0).shape;
  const ir::Shape &out = output_type(graph, node).shape;
  const ir::Window w = window_of(graph, node);
  return {{in[1], out[1], w.kernel_h, w.stride_h, w.dilation_h, w.pad_top},
          {in[2], out[2], w.kernel_w, w.stride_w, w.dilation_w, w.pad_left}};
}

/// Input channels that one output element reads.
std::int64_t depth_of(const ir::Graph &graph, const ir::Node &node) {
  return node.op == Op::kConv2d ? input_type(graph, node, 1).shape[3] : 1;
}

Work window_work(const ir::Graph &graph, const ir::Node &node, const Bundles &bundles) {
  const ir::Shape &out = output_type(graph, node).shape;
  const auto [rows, columns] = axes_of(graph, node);
  const std::int64_t depth = depth_of(graph, node);
  const double row_taps = rows.sum([](std::int64_t taps) { return static_cast<double>(taps); });
  const double run_elements =
      columns.sum([&](std::int64_t taps) { return rounded_up(taps * depth, bundles.inputs); });
  const auto batches = static_cast<double>(out[0]);
  const double channels = rounded_up(out[3], bundles.channels);
  const auto width = static_cast<double>(out[2]);
  const double positions = batches * static_cast<double>(out[1]) * width;
  return {1, positions, positions * channels, batches * row_taps * width * channels,
          batches * row_taps * run_elements * channels};
}

Work product_work(double rows, std::int64_t inputs, std::int64_t outputs, const Bundles &bundles) {
  const double channels = rounded_up(outputs, bundles.channels);
  return {1, rows, rows * channels, 0, rows * channels * rounded_up(inputs, bundles.inputs)};
}

Work plain_work(const ir::Graph &graph, const ir::Node &node, const Bundles &bundles) {
  const ir::TensorType &out = output_type(graph, node);
  const double rows = elements(out) / static_cast<double>(last_extent(out));
  double read = 0;
  for (const ir::ValueId input : node.inputs) {
    read += elements(graph.values[input].type);
  }
  return {1, rows, rows * rounded_up(last_extent(out), bundles.channels), 0, read};
}

std::string convolution_kind(const ir::Graph &graph, const ir::Node &node) {
  const ir::Window w = window_of(graph, node);
  const bool pointwise = w.kernel_h == 1 && w.kernel_w == 1;
  const bool dilated = w.dilation_h != 1 || w.dilation_w != 1;
  const bool grouped = ir::int_attribute(node, "groups", 1) != 1;
  if (node.op == Op::kDepthwiseConv2d) {
    const bool multiplied =
        input_type(graph, node, 0).shape[3] != output_type(graph, node).shape[3];
    return multiplied || dilated ? ".multiplied" : w.kernel_h == 3 && w.kernel_w == 3 ? ".3x3" : "";
  }
  return grouped || dilated ? ".grouped" : pointwise ? ".1x1" : "";
}

} // namespace

std::string kernel_name(const ir::Graph &graph, const ir::Node &node) {
  std::string name(ir::op_name(node.op));
  if ((node.op == Op::kConv2d || node.op == Op::kDepthwiseConv2d) && is_nhwc_window(graph, node)) {
    name += convolution_kind(graph, node);
  }
  const ir::ElementType element =
      node.inputs.empty() ? output_type(graph, node).element : input_type(graph, node, 0).element;
  return name + "." + std::string(ir::element_name(element));
}

Work work_of(const ir::Graph &graph, const ir::Node &node, const Bundles &bundles) {
  if (is_nhwc_window(graph, node)) {
    return window_work(graph, node, bundles);
  }
  const ir::TensorType &out = output_type(graph, node);
  const double rows = elements(out) / static_cast<double>(last_extent(out));
  if (node.op == Op::kFullyConnected || node.op == Op::kMatMul) {
    return product_work(rows, last_extent(input_type(graph, node, 0)), last_extent(out), bundles);
  }
  return plain_work(graph, node, bundles);
}

} // namespace tinyml::report
