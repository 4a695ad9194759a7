// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/strips.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/verify.hpp"

#include <algorithm>

namespace tinyml::passes {
namespace {

using ir::Op;

bool is_convolution(const ir::Node &node) {
  return node.op == Op::kConv2d || node.op == Op::kDepthwiseConv2d;
}

bool is_window(const ir::Node &node) {
  return is_convolution(node) || node.op == Op::kMaxPool2d || node.op == Op::kAveragePool2d;
}

bool is_elementwise(const ir::Node &node) {
  switch (node.op) {
  case Op::kRelu:
  case Op::kClip:
  case Op::kSigmoid:
  case Op::kTanh:
  case Op::kLookup:
  case Op::kQuantize:
  case Op::kDequantize:
  case Op::kRequantize:
  case Op::kAdd:
  case Op::kSub:
  case Op::kMul:
  case Op::kDiv:
    return true;
  default:
    return false;
  }
}

ir::Window window_of(const ir::Graph &graph, const ir::Node &node) {
  return ir::window_of(node, is_convolution(node) ? graph.values[node.inputs[1]].type.shape
                                                  : ir::Shape{});
}

bool is_constant(const ir::Graph &graph, ir::ValueId id) {
  return graph.values[id].constant.has_value();
}

/// The input that is computed, when there is exactly one.
std::optional<ir::ValueId> only_computed_input(const ir::Graph &graph, const ir::Node &node) {
  std::optional<ir::ValueId> found;
  for (const ir::ValueId id : node.inputs) {
    if (is_constant(graph, id)) {
      continue;
    }
    if (found) {
      return std::nullopt;
    }
    found = id;
  }
  return found;
}

bool is_single_image(const ir::TensorType &type) {
  return type.shape.size() == 4 && type.shape[0] == 1;
}

/// The same constant serves every row.
bool is_same_for_rows(const ir::TensorType &type) {
  return type.shape.size() < 3 || type.shape[type.shape.size() - 3] == 1;
}

bool can_be_split(const ir::Graph &graph, const ir::Node &node) {
  const auto x = only_computed_input(graph, node);
  if (!x || node.outputs.size() != 1 || !is_single_image(graph.values[*x].type) ||
      !is_single_image(graph.values[node.outputs[0]].type)) {
    return false;
  }
  if (is_window(node)) {
    const ir::Window w = window_of(graph, node);
    return node.inputs[0] == *x && ir::layout_of(node) == ir::Layout::kNhwc && w.pad_top >= 0 &&
           w.pad_bottom >= 0;
  }
  return is_elementwise(node) &&
         graph.values[*x].type.shape == graph.values[node.outputs[0]].type.shape &&
         std::all_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId id) {
           return id == *x || node.op == Op::kLookup || is_same_for_rows(graph.values[id].type);
         });
}

/// The only node that reads the value; absent for graph outputs as well.
std::optional<ir::NodeId> sole_reader(const ir::Graph &graph, ir::ValueId id) {
  if (ir::count_uses(graph)[id] != 1) {
    return std::nullopt;
  }
  for (ir::NodeId node = 0; node < graph.nodes.size(); ++node) {
    const auto &inputs = graph.nodes[node].inputs;
    if (std::find(inputs.begin(), inputs.end(), id) != inputs.end()) {
      return node;
    }
  }
  return std::nullopt;
}

/// Rows [begin, end) of an image.
struct Rows {
  std::int64_t begin, end;
};

class Splitter {
public:
  Splitter(ir::Graph graph, std::vector<ir::NodeId> chain)
      : graph_(std::move(graph)), chain_(std::move(chain)) {}

  Expected<ir::Graph> run(std::int64_t strips) {
    const ir::ValueId end = graph_.nodes[chain_.back()].outputs[0];
    const std::int64_t rows = graph_.values[end].type.shape[1];
    strips = std::min(strips, rows);
    if (strips < 2) {
      return fail(ErrorCode::kUnsupported, "one strip is the whole image");
    }
    ir::Node join{Op::kConcat, graph_.nodes[chain_.back()].name, {}, {end}, {}};
    join.attributes["axis"] = std::int64_t{1};
    for (std::int64_t i = 0; i < strips; ++i) {
      const auto strip = add_strip({rows * i / strips, rows * (i + 1) / strips}, i);
      if (!strip) {
        return Failure{strip.error()};
      }
      join.inputs.push_back(*strip);
    }
    added_.push_back(std::move(join));
    replace_chain();
    ir::remove_dead(graph_);
    if (const auto legal = ir::verify(graph_); !legal) {
      return Failure{legal.error()};
    }
    return std::move(graph_);
  }

private:
  /// What each node of the chain must make for these rows of the last one.
  Expected<std::vector<Rows>> rows_made(Rows wanted) const {
    std::vector<Rows> made(chain_.size());
    for (std::size_t i = chain_.size(); i-- > 0;) {
      made[i] = wanted;
      const Rows reach = window_reach(chain_[i], wanted);
      wanted = {std::max<std::int64_t>(0, reach.begin), std::min(height(chain_[i]), reach.end)};
      if (wanted.begin >= wanted.end) {
        return fail(ErrorCode::kUnsupported, "a strip would be made of padding alone");
      }
    }
    return made;
  }

  /// Rows of the node's input that its windows meet, padding included: below 0 and above the
  /// height.
  [[nodiscard]] Rows window_reach(ir::NodeId id, Rows made) const {
    const ir::Node &node = graph_.nodes[id];
    if (!is_window(node)) {
      return made;
    }
    const ir::Window w = window_of(graph_, node);
    return {made.begin * w.stride_h - w.pad_top,
            (made.end - 1) * w.stride_h - w.pad_top + (w.kernel_h - 1) * w.dilation_h + 1};
  }

  [[nodiscard]] std::int64_t height(ir::NodeId id) const {
    return graph_.values[*only_computed_input(graph_, graph_.nodes[id])].type.shape[1];
  }

  Expected<ir::ValueId> add_strip(Rows wanted, std::int64_t number) {
    const auto made = rows_made(wanted);
    if (!made) {
      return Failure{made.error()};
    }
    ir::ValueId x = *only_computed_input(graph_, graph_.nodes[chain_.front()]);
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      ir::Node node = graph_.nodes[chain_[i]];
      std::replace(node.inputs.begin(), node.inputs.end(), *only_computed_input(graph_, node), x);
      set_pads(node, chain_[i], (*made)[i], i == 0);
      x = add_value(node.outputs[0], (*made)[i], number);
      node.outputs = {x};
      added_.push_back(std::move(node));
    }
    return x;
  }

  /// The first node sees the whole image, the others just the rows that exist of theirs.
  void set_pads(ir::Node &node, ir::NodeId original, Rows made, bool sees_all) const {
    if (!is_window(node)) {
      return;
    }
    const ir::Window w = window_of(graph_, graph_.nodes[original]);
    const Rows reach = window_reach(original, made);
    const std::int64_t least = sees_all ? -ir::kMaxAttribute : 0;
    const std::int64_t top = std::max(least, -reach.begin);
    const std::int64_t bottom = std::max(least, reach.end - height(original));
    node.attributes["pads"] = std::vector<std::int64_t>{top, w.pad_left, bottom, w.pad_right};
  }

  ir::ValueId add_value(ir::ValueId like, Rows rows, std::int64_t number) {
    ir::Value value{
        graph_.values[like].name + "/strip" + std::to_string(number), graph_.values[like].type, {}};
    value.type.shape[1] = rows.end - rows.begin;
    graph_.values.push_back(std::move(value));
    return static_cast<ir::ValueId>(graph_.values.size() - 1);
  }

  /// Everything the chain reads is there before its first node.
  void replace_chain() {
    std::vector<ir::Node> nodes;
    for (ir::NodeId id = 0; id < graph_.nodes.size(); ++id) {
      if (id == chain_.front()) {
        std::move(added_.begin(), added_.end(), std::back_inserter(nodes));
      }
      if (std::find(chain_.begin(), chain_.end(), id) == chain_.end()) {
        nodes.push_back(std::move(graph_.nodes[id]));
      }
    }
    graph_.nodes = std::move(nodes);
  }

  ir::Graph graph_;
  std::vector<ir::NodeId> chain_;
  std::vector<ir::Node> added_;
};

} // namespace

std::vector<ir::NodeId> find_strip_chain(const ir::Graph &graph) {
  std::vector<ir::NodeId> chain;
  const auto first = std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const ir::Node &n) {
    return is_window(n) && can_be_split(graph, n);
  });
  if (first == graph.nodes.end()) {
    return chain;
  }
  std::optional<ir::NodeId> next = static_cast<ir::NodeId>(first - graph.nodes.begin());
  while (next && can_be_split(graph, graph.nodes[*next])) {
    chain.push_back(*next);
    next = sole_reader(graph, graph.nodes[*next].outputs[0]);
  }
  return chain;
}

Expected<ir::Graph> split_into_strips(const ir::Graph &graph, const StripOptions &options) {
  std::vector<ir::NodeId> chain = find_strip_chain(graph);
  if (options.chain_length == 0 || options.chain_length > chain.size()) {
    return fail(ErrorCode::kUnsupported, "no chain of " + std::to_string(options.chain_length) +
                                             " operators can be computed in strips; there are " +
                                             std::to_string(chain.size()));
  }
  chain.resize(options.chain_length);
  return Splitter(graph, std::move(chain)).run(options.strips);
}

std::uint64_t convolution_macs(const ir::Graph &graph) {
  std::int64_t macs = 0;
  for (const ir::Node &node : graph.nodes) {
    if (is_convolution(node)) {
      const ir::Shape &filter = graph.values[node.inputs[1]].type.shape;
      const std::int64_t depth = node.op == Op::kDepthwiseConv2d ? 1 : filter[3];
      macs += ir::element_count(graph.values[node.outputs[0]].type.shape) * filter[1] * filter[2] *
              depth;
    }
  }
  return static_cast<std::uint64_t>(macs);
}

} // namespace tinyml::passes
