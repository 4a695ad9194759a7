// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/smaller_input.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/ir/verify.hpp"

#include <algorithm>
#include <map>

namespace tinyml::driver {
namespace {

using ir::Op;

constexpr std::int64_t kLeastSide = 8;

/// Where the sides of an image input are: behind an NCHW input stands a transpose, or a reshape
/// that moves nothing.
bool is_nchw(const ir::Graph &graph, ir::ValueId input) {
  const ir::Shape &shape = graph.values[input].type.shape;
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const ir::Node &node) {
    return !node.inputs.empty() && node.inputs[0] == input &&
           (node.op == Op::kTranspose || node.op == Op::kReshape) && shape[1] <= 4 && shape[3] > 4;
  });
}

std::optional<ir::ImageAxes> image_axes(const ir::Graph &graph, ir::ValueId input) {
  if (graph.values[input].type.shape.size() != 4) {
    return std::nullopt;
  }
  return ir::image_axes(is_nchw(graph, input) ? ir::Layout::kNchw : ir::Layout::kNhwc);
}

class Shrinker {
public:
  Shrinker(const ir::Graph &graph, int percent) : old_(graph), graph_(graph), percent_(percent) {}

  Expected<ir::Graph> run() {
    for (const ir::ValueId input : graph_.inputs) {
      if (const auto shrunk = shrink_input(input); !shrunk.ok()) {
        return Failure{shrunk.error()};
      }
    }
    for (ir::Node &node : graph_.nodes) {
      if (const auto done = redo(node); !done.ok()) {
        return Failure{done.error()};
      }
    }
    for (const ir::ValueId output : graph_.outputs) {
      if (graph_.values[output].type.shape != old_.values[output].type.shape) {
        return fail(ErrorCode::kUnsupported, "the output's shape depends on the input's size");
      }
    }
    if (const auto legal = ir::verify(graph_); !legal.ok()) {
      return Failure{legal.error()};
    }
    return std::move(graph_);
  }

private:
  Expected<void> shrink_input(ir::ValueId input) {
    const auto axes = image_axes(graph_, input);
    ir::Shape &shape = graph_.values[input].type.shape;
    if (!axes || shape[axes->h] * percent_ / 100 < kLeastSide ||
        shape[axes->w] * percent_ / 100 < kLeastSide) {
      return fail(ErrorCode::kUnsupported, "the input is no image, or a small one");
    }
    shape[axes->h] = shape[axes->h] * percent_ / 100;
    shape[axes->w] = shape[axes->w] * percent_ / 100;
    return {};
  }

  /// A pool over the whole image stays one.
  void keep_global(ir::Node &node) const {
    const bool pool = node.op == Op::kMaxPool2d || node.op == Op::kAveragePool2d;
    const ir::Shape &before = old_.values[node.inputs[0]].type.shape;
    const ir::Shape &after = graph_.values[node.inputs[0]].type.shape;
    const std::vector<std::int64_t> kernel = ir::ints_attribute(node, "kernel", {});
    if (pool && before.size() == 4 && kernel == std::vector<std::int64_t>{before[1], before[2]}) {
      node.attributes["kernel"] = std::vector<std::int64_t>{after[1], after[2]};
    }
  }

  /// Reshapes say nothing about what they mean. One that only drops or adds axes of one element, or
  /// moves the channel of an image with one channel, can be redone; a flattened image cannot.
  Expected<ir::TensorType> reshaped(const ir::Node &node) const {
    const ir::Shape &before = old_.values[node.inputs[0]].type.shape;
    const ir::Shape &after = graph_.values[node.inputs[0]].type.shape;
    ir::TensorType type = graph_.values[node.outputs[0]].type;
    if (before == after) {
      return type;
    }
    ir::Shape from_before = before;
    ir::Shape from_after = after;
    ir::Shape to = type.shape;
    std::erase(from_before, 1);
    std::erase(from_after, 1);
    std::erase(to, 1);
    if (from_before != to || from_before.size() != from_after.size()) {
      return fail(ErrorCode::kUnsupported,
                  ir::describe(node) + " flattens the image, so that its size is fixed");
    }
    std::size_t next = 0;
    for (std::int64_t &extent : type.shape) {
      extent = extent == 1 ? 1 : from_after[next++];
    }
    return type;
  }

  Expected<void> redo(ir::Node &node) {
    if (node.outputs.size() != 1) {
      return fail(ErrorCode::kUnsupported, ir::describe(node) + " has several outputs");
    }
    keep_global(node);
    std::vector<ir::TensorType> inputs;
    for (const ir::ValueId input : node.inputs) {
      inputs.push_back(graph_.values[input].type);
    }
    ir::TensorType &output = graph_.values[node.outputs[0]].type;
    ir::TensorType declared = output;
    const bool is_reshape = node.op == Op::kReshape;
    if (is_reshape) {
      auto type = reshaped(node);
      if (!type.ok()) {
        return Failure{type.error()};
      }
      declared = *std::move(type);
    }
    auto inferred = ir::infer_type({node, inputs, &declared});
    if (!inferred.ok()) {
      return Failure{inferred.error()};
    }
    output.shape = inferred->shape;
    return {};
  }

  const ir::Graph &old_;
  ir::Graph graph_;
  int percent_;
};

} // namespace

Expected<ir::Graph> with_smaller_input(const ir::Graph &graph, int percent) {
  return Shrinker(graph, percent).run();
}

std::string image_size_text(const ir::Graph &graph) {
  for (const ir::ValueId input : graph.inputs) {
    if (const auto axes = image_axes(graph, input)) {
      const ir::Shape &shape = graph.values[input].type.shape;
      return std::to_string(shape[axes->h]) + "x" + std::to_string(shape[axes->w]);
    }
  }
  return "";
}

} // namespace tinyml::driver
