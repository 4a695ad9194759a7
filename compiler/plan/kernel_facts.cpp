// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/kernel_facts.hpp"

#include "compiler/ir/attributes.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>
#include <vector>

namespace tinyml::plan {
namespace {

using ir::Op;

/// A kernel that goes through positions in order; at each it reads some input and writes the next
/// `write_bytes` of its output.
struct Walk {
  std::vector<std::int64_t>
      first_read; ///< a position: byte offset of the first input byte it reads
  std::int64_t write_bytes = 0;
};

/// Lowest input byte that position p or a later one reads; one entry more than positions.
std::vector<std::int64_t> reads_from_on(const Walk &walk) {
  std::vector<std::int64_t> lowest(walk.first_read.size() + 1, INT64_MAX);
  for (std::size_t p = walk.first_read.size(); p-- > 0;) {
    lowest[p] = std::min(lowest[p + 1], walk.first_read[p]);
  }
  return lowest;
}

/// A position's output may be written while its own input is still being read.
std::int64_t lead_of_whole_positions(const Walk &walk) {
  const auto lowest = reads_from_on(walk);
  std::int64_t lead = 0;
  for (std::size_t p = 0; p < walk.first_read.size(); ++p) {
    lead = std::max(lead, (static_cast<std::int64_t>(p) + 1) * walk.write_bytes - lowest[p]);
  }
  return lead;
}

/// Within a position, channel c is written only after all its inputs were read, and the channels
/// after c lie behind it in every pixel: only later positions and the same pixel's rest matter.
std::int64_t lead_of_separate_channels(const Walk &walk) {
  const auto lowest = reads_from_on(walk);
  std::int64_t lead = 0;
  for (std::size_t p = 0; p < walk.first_read.size(); ++p) {
    const auto before = static_cast<std::int64_t>(p) * walk.write_bytes;
    lead = std::max(lead, before - walk.first_read[p]);
    if (p + 1 < walk.first_read.size()) {
      lead = std::max(lead, before + walk.write_bytes - lowest[p + 1]);
    }
  }
  return lead;
}

/// The walk of kernels/generic/window.hpp: batch, row, column.
Walk window_walk(const ir::Graph &graph, const ir::Node &node) {
  const auto &in = graph.values[node.inputs[0]].type;
  const auto &out = graph.values[node.outputs[0]].type;
  const ir::Shape filter =
      node.inputs.size() > 1 ? graph.values[node.inputs[1]].type.shape : ir::Shape{};
  const ir::Window window = ir::window_of(node, filter);
  const auto element = static_cast<std::int64_t>(ir::element_size(in.element));
  const std::int64_t pixel = in.shape[3] * element;
  Walk walk;
  walk.write_bytes = out.shape[3] * element;
  for (std::int64_t batch = 0; batch < out.shape[0]; ++batch) {
    for (std::int64_t y = 0; y < out.shape[1]; ++y) {
      for (std::int64_t x = 0; x < out.shape[2]; ++x) {
        const auto row = std::max<std::int64_t>(0, y * window.stride_h - window.pad_top);
        const auto column = std::max<std::int64_t>(0, x * window.stride_w - window.pad_left);
        walk.first_read.push_back(((batch * in.shape[1] + row) * in.shape[2] + column) * pixel);
      }
    }
  }
  return walk;
}

/// With a multiplier or dilation the kernel is a grouped convolution, whose channels are not
/// separate.
std::int64_t depthwise_lead(const ir::Graph &graph, const ir::Node &node) {
  const ir::Window window = ir::window_of(node, graph.values[node.inputs[1]].type.shape);
  const bool separate =
      graph.values[node.inputs[0]].type.shape[3] == graph.values[node.outputs[0]].type.shape[3] &&
      window.dilation_h == 1 && window.dilation_w == 1;
  const Walk walk = window_walk(graph, node);
  return separate ? lead_of_separate_channels(walk) : lead_of_whole_positions(walk);
}

/// Rows read one after the other: `read_bytes` further each time.
Walk row_walk(std::int64_t rows, std::int64_t read_bytes, std::int64_t write_bytes) {
  Walk walk{{}, write_bytes};
  for (std::int64_t row = 0; row < rows; ++row) {
    walk.first_read.push_back(row * read_bytes);
  }
  return walk;
}

std::int64_t fully_connected_lead(const ir::TensorType &in, const ir::TensorType &out) {
  const auto element = static_cast<std::int64_t>(ir::element_size(in.element));
  const std::int64_t inputs = in.shape.empty() ? 1 : in.shape.back();
  const std::int64_t outputs = out.shape.empty() ? 1 : out.shape.back();
  return lead_of_whole_positions(
      row_walk(ir::element_count(out.shape) / outputs, inputs * element, outputs * element));
}

/// Element i is written when elements up to i have been read.
std::int64_t elementwise_lead(const ir::TensorType &in, const ir::TensorType &out) {
  const auto growth = static_cast<std::int64_t>(ir::element_size(out.element)) -
                      static_cast<std::int64_t>(ir::element_size(in.element));
  return growth > 0 ? (ir::element_count(out.shape) - 1) * growth : 0;
}

/// Dilation and groups never make a window start lower, so one walk serves all convolutions.
/// Absurdly large images are not worth the walk.
bool is_image(const ir::Graph &graph, const ir::Node &node) {
  constexpr std::int64_t kMostPositions = 1 << 20;
  const ir::Shape &out = graph.values[node.outputs[0]].type.shape;
  return graph.values[node.inputs[0]].type.shape.size() == 4 && out.size() == 4 &&
         ir::layout_of(node) == ir::Layout::kNhwc && out[0] * out[1] * out[2] <= kMostPositions;
}

} // namespace

bool shares_storage(const ir::Node &node) { return node.op == Op::kReshape; }

std::optional<std::int64_t> overlap_lead_bytes(const ir::Graph &graph, const ir::Node &node,
                                               std::size_t input) {
  const ir::TensorType &in = graph.values[node.inputs[input]].type;
  const ir::TensorType &out = graph.values[node.outputs[0]].type;
  switch (node.op) {
  case Op::kConv2d:
    return input == 0 && is_image(graph, node)
               ? std::optional(lead_of_whole_positions(window_walk(graph, node)))
               : std::nullopt;
  case Op::kDepthwiseConv2d:
    return input == 0 && is_image(graph, node) ? std::optional(depthwise_lead(graph, node))
                                               : std::nullopt;
  case Op::kMaxPool2d:
  case Op::kAveragePool2d:
    return is_image(graph, node)
               ? std::optional(lead_of_separate_channels(window_walk(graph, node)))
               : std::nullopt;
  case Op::kFullyConnected:
    return input == 0 ? std::optional(fully_connected_lead(in, out)) : std::nullopt;
  case Op::kAdd:
  case Op::kSub:
  case Op::kMul:
  case Op::kDiv:
    return in.shape == out.shape ? std::optional(elementwise_lead(in, out)) : std::nullopt;
  case Op::kRelu:
  case Op::kClip:
  case Op::kSigmoid:
  case Op::kTanh:
  case Op::kSoftmax:
  case Op::kQuantize:
  case Op::kDequantize:
  case Op::kRequantize:
    return elementwise_lead(in, out);
  case Op::kLookup:
    return input == 0 ? std::optional(elementwise_lead(in, out)) : std::nullopt;
  default:
    return std::nullopt;
  }
}

} // namespace tinyml::plan
