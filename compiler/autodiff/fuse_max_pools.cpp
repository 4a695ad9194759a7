// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/fuse.hpp"

#include "compiler/ir/attributes.hpp"
#include "compiler/ir/edit.hpp"

#include <algorithm>

namespace tinyml::autodiff {
namespace {

using ir::NodeId;
using ir::Op;
using ir::ValueId;

/// One convolution with everything between it and its gradients.
struct Pattern {
  NodeId convolution = ir::kNoNode;
  NodeId pool = ir::kNoNode;
  NodeId pool_gradient = ir::kNoNode;
  NodeId activation_gradient = ir::kNoNode; ///< where there is an activation
  std::vector<NodeId> gradients;            ///< of input, filter and bias
};

class PoolFuser {
public:
  explicit PoolFuser(ir::Graph &graph) : graph_(graph), users_(graph.values.size()) {
    for (NodeId node = 0; node < graph.nodes.size(); ++node) {
      for (const ValueId input : graph.nodes[node].inputs) {
        users_[input].push_back(node);
      }
    }
  }

  void run() {
    for (NodeId node = 0; node < graph_.nodes.size(); ++node) {
      if (const auto pattern = find(node)) {
        fuse(*pattern);
      }
    }
    finish();
  }

private:
  [[nodiscard]] const ir::Node &node(NodeId id) const { return graph_.nodes[id]; }
  [[nodiscard]] ValueId output(NodeId id) const { return graph_.nodes[id].outputs[0]; }

  [[nodiscard]] bool is_output(ValueId value) const {
    return std::find(graph_.outputs.begin(), graph_.outputs.end(), value) != graph_.outputs.end();
  }

  [[nodiscard]] static bool is_plain_convolution(const ir::Node &node) {
    return node.op == Op::kConv2d && ir::layout_of(node) == ir::Layout::kHwcn &&
           ir::int_attribute(node, "groups", 1) == 1;
  }

  [[nodiscard]] static bool is_two_by_two(const ir::Node &node) {
    const ir::Window w = ir::window_of(node, {});
    return w.kernel_h == 2 && w.kernel_w == 2 && w.stride_h == 2 && w.stride_w == 2 &&
           w.pad_top == 0 && w.pad_left == 0 && w.pad_bottom == 0 && w.pad_right == 0;
  }

  /// Sorts the users of the convolution's output; false when there is another one.
  [[nodiscard]] bool take_users(Pattern &pattern) const {
    const ValueId y = output(pattern.convolution);
    for (const NodeId user : users_[y]) {
      NodeId *place = node(user).op == Op::kMaxPool2d           ? &pattern.pool
                      : node(user).op == Op::kMaxPool2dGradient ? &pattern.pool_gradient
                      : node(user).op == Op::kBinary            ? &pattern.activation_gradient
                                                                : nullptr;
      if (place == nullptr || (*place != ir::kNoNode && *place != user)) {
        return false;
      }
      *place = user;
    }
    return pattern.pool != ir::kNoNode && pattern.pool_gradient != ir::kNoNode &&
           is_two_by_two(node(pattern.pool)) && !is_output(y);
  }

  /// The pool's gradient goes through the activation's alone, where there is one.
  [[nodiscard]] bool is_chain(const Pattern &pattern) const {
    const bool activated = ir::activation_of(node(pattern.convolution)) != ir::Activation::kNone;
    if (activated != (pattern.activation_gradient != ir::kNoNode)) {
      return false;
    }
    const ValueId gradient = output(pattern.pool_gradient);
    if (is_output(gradient) || node(pattern.pool_gradient).inputs[1] != output(pattern.pool)) {
      return false;
    }
    return !activated ||
           (users_[gradient] == std::vector{pattern.activation_gradient} &&
            node(pattern.activation_gradient).inputs[0] == output(pattern.convolution));
  }

  [[nodiscard]] NodeId last_of_chain(const Pattern &pattern) const {
    return pattern.activation_gradient == ir::kNoNode ? pattern.pool_gradient
                                                      : pattern.activation_gradient;
  }

  [[nodiscard]] static bool is_bias_gradient(const ir::Node &node) {
    return node.op == Op::kReduce && ir::text_attribute(node, "function", "") == "sum" &&
           ir::ints_attribute(node, "axes", {}) == std::vector<std::int64_t>{0, 1, 3};
  }

  [[nodiscard]] bool take_gradients(Pattern &pattern) const {
    const ValueId dy = output(last_of_chain(pattern));
    pattern.gradients = users_[dy];
    return !is_output(dy) &&
           std::all_of(pattern.gradients.begin(), pattern.gradients.end(), [&](NodeId id) {
             const ir::Node &user = node(id);
             return is_bias_gradient(user) ||
                    (user.op == Op::kConv2dInputGradient && user.inputs[0] == dy) ||
                    (user.op == Op::kConv2dFilterGradient && user.inputs[1] == dy);
           });
  }

  [[nodiscard]] std::optional<Pattern> find(NodeId convolution) const {
    Pattern pattern{.convolution = convolution, .gradients = {}};
    const bool found = is_plain_convolution(node(convolution)) && take_users(pattern) &&
                       is_chain(pattern) && take_gradients(pattern);
    return found ? std::optional(pattern) : std::nullopt;
  }

  ValueId add_value(std::string name, ir::TensorType type) {
    graph_.values.push_back({std::move(name), std::move(type), {}});
    return static_cast<ValueId>(graph_.values.size() - 1);
  }

  void fuse(const Pattern &pattern) {
    const ValueId pooled = output(pattern.pool);
    const ir::TensorType type = graph_.values[pooled].type;
    const ValueId choices =
        add_value(graph_.values[pooled].name + ".choices", ir::infer_second_type(type));
    ir::Node &convolution = graph_.nodes[pattern.convolution];
    convolution.op = Op::kConv2dMaxPool;
    convolution.outputs = {pooled, choices};
    dead_.push_back(pattern.pool);
    const ValueId gradient = fuse_chain(pattern, pooled, type);
    for (const NodeId user : pattern.gradients) {
      fuse_gradient(graph_.nodes[user], gradient, choices);
    }
    dead_.push_back(pattern.pool_gradient);
  }

  /// The gradient behind the pool and in front of the activation.
  ValueId fuse_chain(const Pattern &pattern, ValueId pooled, const ir::TensorType &type) {
    const ValueId arrived = node(pattern.pool_gradient).inputs[2];
    if (pattern.activation_gradient == ir::kNoNode) {
      return arrived;
    }
    ir::Node &activation = graph_.nodes[pattern.activation_gradient];
    const ValueId gradient = add_value(graph_.values[activation.outputs[0]].name + ".pooled", type);
    replaced_.push_back({pattern.activation_gradient, gradient});
    activation.inputs = {pooled, arrived};
    return gradient;
  }

  static void fuse_gradient(ir::Node &user, ValueId gradient, ValueId choices) {
    if (user.op == Op::kReduce) {
      user.inputs = {gradient};
    } else if (user.op == Op::kConv2dInputGradient) {
      user.op = Op::kPooledConv2dInputGradient;
      user.inputs = {gradient, choices, user.inputs[1]};
    } else {
      user.op = Op::kPooledConv2dFilterGradient;
      user.inputs = {user.inputs[0], gradient, choices};
    }
  }

  /// Drops what is no longer needed.
  void finish() {
    for (const auto &[id, value] : replaced_) {
      graph_.nodes[id].outputs = {value};
    }
    std::vector<ir::Node> kept;
    for (NodeId id = 0; id < graph_.nodes.size(); ++id) {
      if (std::find(dead_.begin(), dead_.end(), id) == dead_.end()) {
        kept.push_back(std::move(graph_.nodes[id]));
      }
    }
    graph_.nodes = std::move(kept);
  }

  ir::Graph &graph_;
  std::vector<std::vector<NodeId>> users_; ///< by value of the graph as it was
  std::vector<NodeId> dead_;
  std::vector<std::pair<NodeId, ValueId>> replaced_; ///< outputs that nodes get in the end
};

} // namespace

void fuse_max_pools(ir::Graph &graph) { PoolFuser(graph).run(); }

} // namespace tinyml::autodiff
