// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/passes.hpp"
#include "compiler/passes/rewriter.hpp"

#include <algorithm>

namespace tinyml::passes {
namespace {

using ir::Op;

/// A clamp of float values, as relu and clip are.
struct Bounds {
  double low, high;
};

std::optional<Bounds> bounds_of(const ir::Node &node) {
  if (node.op == Op::kRelu) {
    return Bounds{0, ir::kInfinity};
  }
  if (node.op == Op::kClip) {
    return Bounds{ir::double_attribute(node, "min", -ir::kInfinity),
                  ir::double_attribute(node, "max", ir::kInfinity)};
  }
  return std::nullopt;
}

class Simplifier {
public:
  explicit Simplifier(Rewriter &rewriter) : r_(rewriter) {}

  bool operator()(const ir::Node &node) {
    switch (node.op) {
    case Op::kReshape:
      return reshape(node);
    case Op::kTranspose:
      return transpose(node);
    case Op::kRelu:
    case Op::kClip:
      return clamp(node);
    case Op::kPad:
      return pad(node);
    default:
      return false;
    }
  }

private:
  bool replaced(const ir::Node &node, ir::ValueId by) {
    r_.replace(node, by);
    return true;
  }

  bool reshape(const ir::Node &node) {
    ir::ValueId x = node.inputs[0];
    const ir::Shape wanted = r_.shape(node.outputs[0]);
    const ir::Node *before = r_.producer(x);
    const bool joined = before != nullptr && before->op == Op::kReshape;
    if (joined) {
      x = before->inputs[0];
    }
    if (!joined && r_.shape(x) != wanted) {
      return false;
    }
    return replaced(node, r_.reshape(x, wanted, node.name));
  }

  bool transpose(const ir::Node &node) {
    ir::ValueId x = node.inputs[0];
    auto permutation = ir::ints_attribute(node, "permutation", {});
    const ir::Node *before = r_.producer(x);
    const bool joined = before != nullptr && before->op == Op::kTranspose;
    if (joined) {
      const auto first = ir::ints_attribute(*before, "permutation", {});
      for (std::int64_t &axis : permutation) {
        axis = first[static_cast<std::size_t>(axis)];
      }
      x = before->inputs[0];
    }
    if (moves_nothing(r_.shape(x), permutation)) {
      return replaced(node, r_.reshape(x, r_.shape(node.outputs[0]), node.name));
    }
    return joined && replaced(node, r_.transpose(x, permutation, node.name));
  }

  /// The axes with more than one element keep their order.
  static bool moves_nothing(const ir::Shape &shape, const std::vector<std::int64_t> &permutation) {
    std::vector<std::int64_t> long_axes;
    std::copy_if(permutation.begin(), permutation.end(), std::back_inserter(long_axes),
                 [&](std::int64_t axis) { return shape[static_cast<std::size_t>(axis)] > 1; });
    return std::is_sorted(long_axes.begin(), long_axes.end());
  }

  bool clamp(const ir::Node &node) {
    const Bounds bounds = *bounds_of(node);
    if (bounds.low == -ir::kInfinity && bounds.high == ir::kInfinity) {
      return replaced(node, node.inputs[0]);
    }
    const ir::Node *before = r_.producer(node.inputs[0]);
    const auto inner = before != nullptr ? bounds_of(*before) : std::nullopt;
    if (!inner || inner->low > bounds.high || inner->high < bounds.low) {
      return false;
    }
    const double low = std::max(bounds.low, inner->low);
    const double high = std::min(bounds.high, inner->high);
    const ir::TensorType type = r_.value(node.outputs[0]).type;
    const bool is_relu = low == 0 && high == ir::kInfinity;
    return replaced(node, is_relu ? r_.emit(Op::kRelu, {before->inputs[0]}, {}, node.name, type)
                                  : r_.emit(Op::kClip, {before->inputs[0]},
                                            {{"min", low}, {"max", high}}, node.name, type));
  }

  bool pad(const ir::Node &node) {
    const auto pads = ir::ints_attribute(node, "pads", {});
    const bool empty = std::all_of(pads.begin(), pads.end(), [](std::int64_t p) { return p == 0; });
    return empty && replaced(node, node.inputs[0]);
  }

  Rewriter &r_;
};

} // namespace

Expected<void> simplify(ir::Graph &graph) {
  Rewriter rewriter(graph);
  Simplifier simplifier(rewriter);
  return rewriter.run([&](const ir::Node &node) { return simplifier(node); });
}

Expected<void> remove_dead_code(ir::Graph &graph) {
  ir::remove_dead(graph);
  return {};
}

} // namespace tinyml::passes
