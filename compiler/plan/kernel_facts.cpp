// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/kernel_facts.hpp"

#include "compiler/ir/attributes.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>
#include <vector>

namespace tinyml::plan {
namespace {

using ir::Op;
using kernels::isa::Packing;
using kernels::isa::ProductPacking;

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

/// Positions go through in groups, and a group's inputs are all read before its first output is
/// written: only what later groups read matters.
std::int64_t lead_of_gathered_groups(const Walk &walk, std::size_t group) {
  const auto lowest = reads_from_on(walk);
  std::int64_t lead = 0;
  for (std::size_t next = group; next < walk.first_read.size(); next += group) {
    lead = std::max(lead, static_cast<std::int64_t>(next) * walk.write_bytes - lowest[next]);
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

/// Which kernel a convolution becomes (compiler/codegen/layer_products.cpp).
enum class ConvolutionKernel : std::uint8_t { kPatches, kSparse, kDepthwise };

ConvolutionKernel kernel_of(const ir::Graph &graph, const ir::Node &node) {
  const ir::Window window = ir::window_of(node, graph.values[node.inputs[1]].type.shape);
  const bool dilated = window.dilation_h != 1 || window.dilation_w != 1;
  if (node.op == Op::kConv2d) {
    const bool grouped = ir::int_attribute(node, "groups", 1) != 1;
    return dilated || grouped ? ConvolutionKernel::kSparse : ConvolutionKernel::kPatches;
  }
  const bool multiplied =
      graph.values[node.inputs[0]].type.shape[3] != graph.values[node.outputs[0]].type.shape[3];
  if (dilated || multiplied) {
    const bool single = graph.values[node.inputs[0]].type.shape[3] == 1;
    return single && !dilated ? ConvolutionKernel::kPatches : ConvolutionKernel::kSparse;
  }
  return ConvolutionKernel::kDepthwise;
}

/// The packing of a node's element type; null for types that other kernels serve.
const ProductPacking *product_packing(const ir::TensorType &in, const ProductPacking &int8,
                                      const ProductPacking &floating) {
  switch (in.element) {
  case ir::ElementType::kInt8:
    return &int8;
  case ir::ElementType::kFloat32:
    return &floating;
  default:
    return nullptr;
  }
}

const ProductPacking *patches_packing(const ir::TensorType &in, const Packing &packing) {
  return product_packing(in, packing.int8_patches, packing.float_patches);
}

/// Whole rows of outputs are written while their inputs are still being read.
std::int64_t lead_of_whole_rows(const Walk &walk, std::size_t width) {
  const auto lowest = reads_from_on(walk);
  std::int64_t lead = 0;
  for (std::size_t p = 0; p < walk.first_read.size(); p += width) {
    lead = std::max(lead, static_cast<std::int64_t>(p + width) * walk.write_bytes - lowest[p]);
  }
  return lead;
}

std::int64_t depthwise_lead(const ir::Graph &graph, const ir::Node &node, const Packing &packing,
                            const Walk &walk) {
  if (works_by_lines(graph, node, packing)) {
    return 0;
  }
  const bool is_int8 = graph.values[node.inputs[0]].type.element == ir::ElementType::kInt8;
  const auto &filters = is_int8 ? packing.int8_depthwise : packing.float_depthwise;
  const auto width = static_cast<std::size_t>(graph.values[node.outputs[0]].type.shape[2]);
  return filters.by_columns ? lead_of_whole_rows(walk, width) : lead_of_separate_channels(walk);
}

std::int64_t convolution_lead(const ir::Graph &graph, const ir::Node &node,
                              const Packing &packing) {
  const Walk walk = window_walk(graph, node);
  const auto *patches = patches_packing(graph.values[node.inputs[0]].type, packing);
  switch (kernel_of(graph, node)) {
  case ConvolutionKernel::kPatches:
    return patches == nullptr
               ? lead_of_whole_positions(walk)
               : lead_of_gathered_groups(walk, static_cast<std::size_t>(patches->position_tile));
  case ConvolutionKernel::kDepthwise:
    return depthwise_lead(graph, node, packing, walk);
  case ConvolutionKernel::kSparse:
    break;
  }
  return lead_of_whole_positions(walk);
}

/// Rows read one after the other: `read_bytes` further each time.
Walk row_walk(std::int64_t rows, std::int64_t read_bytes, std::int64_t write_bytes) {
  Walk walk{{}, write_bytes};
  for (std::int64_t row = 0; row < rows; ++row) {
    walk.first_read.push_back(row * read_bytes);
  }
  return walk;
}

/// Rows and row length of a fully connected layer's input.
struct Rows {
  std::int64_t count;
  std::int64_t inputs;
  std::int64_t outputs;
};

Rows rows_of(const ir::Graph &graph, const ir::Node &node) {
  const ir::Shape &weights = graph.values[node.inputs[1]].type.shape;
  const ir::Shape &out = graph.values[node.outputs[0]].type.shape;
  return {ir::element_count(out) / weights[0], weights[1], weights[0]};
}

std::int64_t fully_connected_lead(const ir::Graph &graph, const ir::Node &node,
                                  const Packing &packing) {
  const ir::TensorType &in = graph.values[node.inputs[0]].type;
  const auto element = static_cast<std::int64_t>(ir::element_size(in.element));
  const Rows rows = rows_of(graph, node);
  const Walk walk = row_walk(rows.count, rows.inputs * element, rows.outputs * element);
  const auto *patches = patches_packing(in, packing);
  if (rows.count > 1 && patches != nullptr) {
    return lead_of_gathered_groups(walk, static_cast<std::size_t>(patches->position_tile));
  }
  const auto *row = product_packing(in, packing.int8_row, packing.float_row);
  return row != nullptr && row->held_bytes > 0 ? 0 : lead_of_whole_positions(walk);
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

/// Without negative steps every element lies at or behind its place in the output, and elements
/// keep their order.
bool is_forward_slice(const ir::Node &node) {
  const auto steps = ir::ints_attribute(node, "steps", {});
  return std::all_of(steps.begin(), steps.end(), [](std::int64_t step) { return step > 0; });
}

} // namespace

bool shares_storage(const ir::Node &node) { return node.op == Op::kReshape; }

std::optional<std::int64_t> overlap_lead_bytes(const ir::Graph &graph, const ir::Node &node,
                                               std::size_t input, const Packing &packing) {
  const ir::TensorType &in = graph.values[node.inputs[input]].type;
  const ir::TensorType &out = graph.values[node.outputs[0]].type;
  switch (node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
    return input == 0 && is_image(graph, node)
               ? std::optional(convolution_lead(graph, node, packing))
               : std::nullopt;
  case Op::kMaxPool2d:
  case Op::kAveragePool2d:
    return is_image(graph, node)
               ? std::optional(lead_of_separate_channels(window_walk(graph, node)))
               : std::nullopt;
  case Op::kFullyConnected:
    return input == 0 && ir::layout_of(node) != ir::Layout::kHwcn
               ? std::optional(fully_connected_lead(graph, node, packing))
               : std::nullopt;
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
  case Op::kUnary:
  case Op::kCast:
    return elementwise_lead(in, out);
  case Op::kLookup:
    return input == 0 ? std::optional(elementwise_lead(in, out)) : std::nullopt;
  case Op::kBinary:
    return in.shape == out.shape ? std::optional(elementwise_lead(in, out)) : std::nullopt;
  case Op::kSlice:
    return is_forward_slice(node) ? std::optional(std::int64_t{0}) : std::nullopt;
  default:
    return std::nullopt;
  }
}

bool works_by_lines(const ir::Graph &graph, const ir::Node &node, const Packing &packing) {
  const ir::TensorType &in = graph.values[node.inputs[0]].type;
  if (node.op != Op::kDepthwiseConv2d || !packing.int8_depthwise_lines ||
      in.element != ir::ElementType::kInt8 || !is_image(graph, node) ||
      kernel_of(graph, node) != ConvolutionKernel::kDepthwise) {
    return false;
  }
  const ir::Shape &out = graph.values[node.outputs[0]].type.shape;
  const ir::Window w = ir::window_of(node, graph.values[node.inputs[1]].type.shape);
  const bool stepped = (w.stride_h == 1 && w.stride_w == 1) || (w.stride_h == 2 && w.stride_w == 2);
  // Outputs never outnumber the inputs that were read before them.
  return w.kernel_h == 3 && w.kernel_w == 3 && stepped && w.pad_top >= 0 && w.pad_top <= 1 &&
         w.pad_left <= 1 && out[1] <= in.shape[1] && out[2] <= in.shape[2];
}

namespace {

/// Three lines of 16-bit elements, each with its padding, of even length.
std::uint64_t lines_scratch(const ir::Graph &graph, const ir::Node &node) {
  const ir::Shape &in = graph.values[node.inputs[0]].type.shape;
  const ir::Shape &out = graph.values[node.outputs[0]].type.shape;
  const ir::Window w = ir::window_of(node, graph.values[node.inputs[1]].type.shape);
  return static_cast<std::uint64_t>(kernels::isa::depthwise_lines_bytes(
      static_cast<int>(in[2]), static_cast<int>(out[2]), static_cast<int>(w.stride_w),
      static_cast<int>(w.pad_left)));
}

std::uint64_t convolution_scratch(const ir::Graph &graph, const ir::Node &node,
                                  const Packing &packing) {
  const auto *patches = patches_packing(graph.values[node.inputs[0]].type, packing);
  const ConvolutionKernel kernel = kernel_of(graph, node);
  if (works_by_lines(graph, node, packing)) {
    return lines_scratch(graph, node);
  }
  if (patches == nullptr || kernel == ConvolutionKernel::kDepthwise) {
    return 0;
  }
  const ir::Shape &filter = graph.values[node.inputs[1]].type.shape;
  const std::int64_t depth =
      filter[1] * filter[2] * (node.op == Op::kDepthwiseConv2d ? 1 : filter[3]);
  return static_cast<std::uint64_t>(patches->scratch_bytes(static_cast<int>(depth)));
}

std::uint64_t fully_connected_scratch(const ir::Graph &graph, const ir::Node &node,
                                      const Packing &packing) {
  const ir::TensorType &in = graph.values[node.inputs[0]].type;
  const Rows rows = rows_of(graph, node);
  const auto *product = rows.count > 1 ? patches_packing(in, packing)
                                       : product_packing(in, packing.int8_row, packing.float_row);
  return product == nullptr
             ? 0
             : static_cast<std::uint64_t>(product->scratch_bytes(static_cast<int>(rows.inputs)));
}

} // namespace

std::uint64_t scratch_bytes(const ir::Graph &graph, const ir::Node &node, const Packing &packing) {
  switch (node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
    return ir::layout_of(node) == ir::Layout::kNhwc ? convolution_scratch(graph, node, packing) : 0;
  case Op::kFullyConnected:
    return ir::layout_of(node) != ir::Layout::kHwcn ? fully_connected_scratch(graph, node, packing)
                                                    : 0;
  default:
    return 0;
  }
}

} // namespace tinyml::plan
