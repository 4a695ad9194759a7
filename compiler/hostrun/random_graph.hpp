// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/hostrun/random_tensors.hpp"

#include <algorithm>

namespace tinyml::hostrun {

/// For tests: makes random graphs, integer or float, whose every node is legal.
class RandomGraph : private RandomTensors {
public:
  RandomGraph(unsigned seed, ir::ElementType element) : RandomTensors(seed, element) {}

  ir::Graph make(std::size_t nodes) {
    values_ = {add_random_input()};
    while (graph_.nodes.size() < nodes) {
      grow();
    }
    const auto uses = ir::count_uses(graph_);
    for (const ir::ValueId value : values_) {
      if (uses[value] == 0 || value == values_.back()) {
        graph_.outputs.push_back(value);
      }
    }
    return graph_;
  }

private:
  using Op = ir::Op;

  /// Appends a node when it is legal; graphs grow by trial.
  void node(Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes,
            std::optional<ir::TensorType> declared = {}) {
    ir::NodeSpec spec{op, std::move(inputs), std::move(attributes),
                      "node\n" + std::to_string(count_++)};
    if (is_quantized() && !declared) {
      declared = type({});
    }
    spec.declared = declared;
    if (const auto value = ir::add_node(graph_, spec)) {
      values_.push_back(*value);
    }
  }

  ir::Attributes window(std::int64_t kernel_h, std::int64_t kernel_w, bool dilations) {
    ir::Attributes attributes;
    attributes["strides"] = std::vector<std::int64_t>{pick(1, 2), pick(1, 2)};
    attributes["pads"] = std::vector<std::int64_t>{pick(0, kernel_h - 1), pick(0, kernel_w - 1),
                                                   pick(0, kernel_h - 1), pick(0, kernel_w - 1)};
    if (dilations && pick(0, 3) == 0) {
      attributes["dilations"] = std::vector<std::int64_t>{pick(1, 2), pick(1, 2)};
    }
    return attributes;
  }
  void activate(ir::Attributes &attributes) {
    const char *const names[] = {"none", "relu", "relu6"};
    attributes["activation"] = std::string(names[pick(0, 2)]);
  }

  void grow() {
    const ir::ValueId x =
        values_[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(values_.size()) - 1))];
    const ir::Shape shape = graph_.values[x].type.shape;
    const ir::TensorType like = graph_.values[x].type;
    switch (pick(0, is_quantized() ? 19 : 23)) {
    case 0:
    case 1:
      return grow_conv(x, shape);
    case 2:
      return grow_depthwise(x, shape);
    case 3:
      return grow_fully_connected(x, shape);
    case 4:
    case 5:
      return grow_pool(x, shape, like);
    case 6:
    case 7:
      return grow_binary(x, shape);
    case 8:
      return node(Op::kRelu, {x}, {}, like);
    case 9:
      return node(Op::kClip, {x}, {{"min", -0.5}, {"max", 1.5}}, like);
    case 10:
      return node(Op::kSoftmax, {x}, {{"axis", static_cast<std::int64_t>(shape.size()) - 1}},
                  fixed(1.0F / 256, -128));
    case 11:
      return grow_movement(x, shape, like);
    case 12:
      return node(Op::kReshape, {x}, {},
                  ir::TensorType{element_, {1, ir::element_count(shape)}, like.quantization});
    case 13:
      return node(Op::kSigmoid, {x}, {},
                  pick(0, 1) == 0 || is_int16() ? fixed(1.0F / 256, -128) : std::nullopt);
    case 14:
      return node(Op::kTanh, {x}, {},
                  pick(0, 1) == 0 || is_int16() ? fixed(1.0F / 128, 0) : std::nullopt);
    case 15:
      return shape.size() == 4
                 ? node(Op::kMean, {x}, {{"axes", std::vector<std::int64_t>{1, 2}}})
                 : node(Op::kMean, {x},
                        {{"axes", std::vector<std::int64_t>{1}}, {"keep_dims", std::int64_t{0}}});
    case 16:
      return is_quantized() ? node(Op::kRequantize, {x}, {})
                            : node(Op::kDiv, {x, weights({1}, 0)}, {});
    case 17:
    case 18:
      return grow_indexing(x, shape, like);
    case 19:
      return is_quantized() ? grow_quantized(x, shape, like) : grow_transpose_conv(x, shape);
    case 20:
    case 21:
      return grow_function(x, shape);
    case 22:
      return node(
          Op::kReduce, {x},
          {{"function", std::string(pick(0, 1) == 0 ? "log_sum_exp" : "l2")},
           {"axes", std::vector<std::int64_t>{static_cast<std::int64_t>(shape.size()) - 1}}});
    default:
      return grow_resize(x, shape, "cubic", like);
    }
  }

  /// Operators that compute with quantisations in ways of their own.
  void grow_quantized(ir::ValueId x, const ir::Shape &shape, const ir::TensorType &like) {
    switch (pick(is_int8() ? 0 : 4, 7)) {
    case 0:
      return node(Op::kLookup, {x, ir::add_constant(graph_, "table", type({256}), noise(256))}, {});
    case 1: {
      const char *const names[] = {"hard_swish", "leaky_relu", "abs", "rsqrt", "exp", "elu"};
      return node(Op::kUnary, {x}, {{"function", std::string(names[pick(0, 5)])}, {"alpha", 0.1}});
    }
    case 2:
      return grow_resize(x, shape, "linear", like);
    case 3:
      return grow_transpose_conv(x, shape);
    case 4:
      return grow_matmul(x, shape, like);
    case 5:
      return node(Op::kBinary, {x, x}, {{"function", std::string("max")}}, like);
    case 6:
      return node(Op::kReduce, {x},
                  {{"function", std::string("sum")}, {"axes", std::vector<std::int64_t>{1}}});
    default:
      const char *const names[] = {"squared_difference", "prelu"};
      const auto count = static_cast<std::size_t>(shape.back()) * (is_int8() ? 1 : 2);
      const ir::ValueId other = ir::add_constant(graph_, "k", type({shape.back()}), noise(count));
      return node(Op::kBinary, {x, other}, {{"function", std::string(names[pick(0, 1)])}});
    }
  }

  void grow_resize(ir::ValueId x, const ir::Shape &shape, const char *mode,
                   const ir::TensorType &like) {
    if (shape.size() == 4) {
      node(Op::kResize, {x},
           {{"axes", std::vector<std::int64_t>{1, 2}},
            {"sizes", std::vector<std::int64_t>{pick(1, 9), pick(1, 9)}},
            {"mode", std::string(mode)}},
           like);
    }
  }
  void grow_transpose_conv(ir::ValueId x, const ir::Shape &shape) {
    if (shape.size() != 4) {
      return;
    }
    const std::int64_t outputs = pick(1, 3);
    auto attributes = window(3, 2, true);
    activate(attributes);
    node(Op::kTransposeConv2d, with_bias(x, weights({outputs, 3, 2, shape[3]}, 0), outputs),
         attributes);
  }
  void grow_function(ir::ValueId x, const ir::Shape &shape) {
    if (pick(0, 1) == 0) {
      return node(Op::kUnary, {x}, {{"function", std::string("leaky_relu")}, {"alpha", 0.1}});
    }
    const ir::ValueId other = weights({shape.back()}, 0);
    ir::NodeSpec compare{Op::kBinary, {x, other}, {{"function", std::string("less")}}};
    if (const auto condition = ir::add_node(graph_, compare)) {
      node(Op::kSelect, {*condition, x, other}, {});
    }
  }
  void grow_indexing(ir::ValueId x, const ir::Shape &shape, const ir::TensorType &like) {
    switch (pick(0, 3)) {
    case 0: {
      std::vector<std::int64_t> begins = shape;
      std::vector<std::int64_t> steps(shape.size(), 1);
      std::vector<std::int64_t> sizes(shape.size(), 1);
      for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool backwards = pick(0, 2) == 0;
        steps[i] = backwards ? -1 : pick(1, 2);
        begins[i] = backwards ? shape[i] - 1 : pick(0, shape[i] / 2);
        sizes[i] = backwards ? shape[i] : (shape[i] - 1 - begins[i]) / steps[i] + 1;
      }
      return node(Op::kSlice, {x}, {{"begins", begins}, {"sizes", sizes}, {"steps", steps}}, like);
    }
    case 1: {
      const ir::ValueId indices = ir::add_constant(graph_, "i", {ir::ElementType::kInt64, {3}, {}},
                                                   ir::constant_data<std::int64_t>({0, -1, 0}));
      return node(Op::kGather, {x, indices},
                  {{"axis", static_cast<std::int64_t>(shape.size()) - 1}}, like);
    }
    case 2: {
      std::vector<std::int64_t> repeats(shape.size(), 1);
      repeats.back() = 2;
      return node(Op::kTile, {x}, {{"repeats", repeats}}, like);
    }
    default:
      return grow_resize(x, shape, "nearest", like);
    }
  }

  void grow_conv(ir::ValueId x, const ir::Shape &shape) {
    if (shape.size() != 4) {
      return;
    }
    const std::int64_t groups = shape[3] % 2 == 0 && pick(0, 1) == 0 ? 2 : 1;
    const std::int64_t outputs = pick(1, 5) * groups;
    const std::int64_t kernel_h = pick(1, 3);
    const std::int64_t kernel_w = pick(1, 3);
    auto attributes = window(kernel_h, kernel_w, true);
    activate(attributes);
    attributes["groups"] = groups;
    const auto filter = weights({outputs, kernel_h, kernel_w, shape[3] / groups}, 0);
    node(Op::kConv2d, with_bias(x, filter, outputs), attributes);
  }
  void grow_depthwise(ir::ValueId x, const ir::Shape &shape) {
    if (shape.size() != 4) {
      return;
    }
    const std::int64_t outputs = shape[3] * (pick(0, 2) == 0 ? 2 : 1);
    auto attributes = window(3, 3, true);
    activate(attributes);
    node(Op::kDepthwiseConv2d, with_bias(x, weights({1, 3, 3, outputs}, 3), outputs), attributes);
  }
  void grow_fully_connected(ir::ValueId x, const ir::Shape &shape) {
    const std::int64_t outputs = pick(1, 9);
    ir::Attributes attributes;
    activate(attributes);
    node(Op::kFullyConnected, with_bias(x, weights({outputs, shape.back()}, 0), outputs),
         attributes);
  }
  void grow_pool(ir::ValueId x, const ir::Shape &shape, const ir::TensorType &like) {
    if (shape.size() != 4) {
      return;
    }
    auto attributes = window(2, 2, false);
    attributes["kernel"] = std::vector<std::int64_t>{2, 2};
    node(pick(0, 1) == 0 ? Op::kMaxPool2d : Op::kAveragePool2d, {x}, attributes, like);
  }
  void grow_binary(ir::ValueId x, const ir::Shape &shape) {
    constexpr Op kOps[] = {Op::kAdd, Op::kSub, Op::kMul, Op::kDiv};
    const Op op = kOps[pick(0, is_int8() ? 3 : 2)];
    ir::Attributes attributes;
    if (op != Op::kDiv) {
      activate(attributes);
    }
    std::vector<ir::ValueId> inputs = {x, x};
    for (const ir::ValueId other : values_) { // another value of the same shape, if there is one
      inputs[1] = graph_.values[other].type.shape == shape && pick(0, 1) == 0 ? other : inputs[1];
    }
    if (pick(0, 2) == 0) {
      const ir::ValueId constant =
          is_quantized() ? ir::add_constant(
                               graph_, "k", type({shape.back()}),
                               noise(static_cast<std::size_t>(shape.back()) * (is_int8() ? 1 : 2)))
                         : weights({shape.back()}, 0);
      inputs[static_cast<std::size_t>(pick(0, 1))] = constant;
    }
    node(op, inputs, attributes);
  }
  /// A product of the value with itself, transposed.
  void grow_matmul(ir::ValueId x, const ir::Shape &shape, const ir::TensorType &like) {
    if (shape.size() == 4) {
      node(Op::kTranspose, {x}, {{"permutation", std::vector<std::int64_t>{0, 1, 3, 2}}}, like);
      node(Op::kMatMul, {x, values_.back()}, {});
    }
  }
  void grow_movement(ir::ValueId x, const ir::Shape &shape, const ir::TensorType &like) {
    switch (pick(0, 2)) {
    case 0: {
      std::vector<std::int64_t> permutation(shape.size());
      for (std::size_t i = 0; i < permutation.size(); ++i) {
        permutation[i] = static_cast<std::int64_t>(i);
      }
      std::shuffle(permutation.begin() + 1, permutation.end(), random_);
      return node(Op::kTranspose, {x}, {{"permutation", permutation}}, like);
    }
    case 1: {
      std::vector<std::int64_t> pads(2 * shape.size(), 0);
      for (std::size_t i = 1; i < shape.size(); ++i) {
        pads[i] = pick(0, 2);
        pads[shape.size() + i] = pick(0, 2);
      }
      return node(Op::kPad, {x}, {{"pads", pads}, {"value", 0.25}}, like);
    }
    default:
      return node(Op::kConcat, {x, x, x},
                  {{"axis", pick(1, static_cast<std::int64_t>(shape.size()) - 1)}}, like);
    }
  }

  std::vector<ir::ValueId> values_;
  int count_ = 0;
};

} // namespace tinyml::hostrun
