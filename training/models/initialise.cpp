// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/types.hpp"
#include "training/models/trainable_model.hpp"

#include <cmath>
#include <cstring>
#include <random>
#include <set>

namespace tinyml::training {
namespace {

using ir::Op;

bool is_product(Op op) {
  return op == Op::kConv2d || op == Op::kDepthwiseConv2d || op == Op::kFullyConnected;
}

void store(ir::Value &value, const std::vector<float> &values) {
  std::memcpy(value.constant->data(), values.data(), values.size() * sizeof(float));
}

std::size_t count_of(const ir::Value &value) {
  return static_cast<std::size_t>(ir::element_count(value.type.shape));
}

/// Filters are OHWI, depthwise ones 1HWO, weights NK: all but the outputs' dimension.
double fan_in(Op op, const ir::Shape &shape) {
  const auto outputs = op == Op::kDepthwiseConv2d ? shape.back() : shape.front();
  return static_cast<double>(ir::element_count(shape)) / static_cast<double>(outputs);
}

double fan_out(Op op, const ir::Shape &shape) {
  return static_cast<double>(op == Op::kDepthwiseConv2d ? shape.back() : shape.front());
}

class Initialiser {
public:
  Initialiser(ir::Graph &graph, std::uint64_t seed) : graph_(graph), random_(seed) {}

  void run() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      last_product_ = is_product(graph_.nodes[i].op) ? i : last_product_;
    }
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      begin_anew(graph_.nodes[i], i == last_product_);
    }
  }

private:
  void begin_anew(const ir::Node &node, bool is_last) {
    if (is_product(node.op)) {
      if (ir::Value *weights = constant(node, 1)) {
        const double in = fan_in(node.op, weights->type.shape);
        const double out = fan_out(node.op, weights->type.shape);
        draw(*weights, is_last ? 2 / (in + out) : 2 / in);
      }
      fill(node, 2, 0);
    } else if (node.op == Op::kBatchNorm) {
      constexpr float kScaleShiftMeanVariance[] = {1, 0, 0, 1};
      for (std::size_t i = 0; i < 4; ++i) {
        fill(node, i + 1, kScaleShiftMeanVariance[i]);
      }
    }
  }

  /// A constant of the node that has not been begun anew already.
  ir::Value *constant(const ir::Node &node, std::size_t input) {
    if (input >= node.inputs.size() || !graph_.values[node.inputs[input]].constant ||
        !seen_.insert(node.inputs[input]).second) {
      return nullptr;
    }
    return &graph_.values[node.inputs[input]];
  }

  void fill(const ir::Node &node, std::size_t input, float with) {
    if (ir::Value *value = constant(node, input)) {
      store(*value, std::vector<float>(count_of(*value), with));
    }
  }

  /// Uniform: no library function but the square root, so that all machines agree.
  void draw(ir::Value &value, double variance) {
    const double limit = std::sqrt(3 * variance);
    std::vector<float> values(count_of(value));
    for (float &drawn : values) {
      const double unit = static_cast<double>(random_() >> 11) * 0x1p-53;
      drawn = static_cast<float>((2 * unit - 1) * limit);
    }
    store(value, values);
  }

  ir::Graph &graph_;
  std::mt19937_64 random_;
  std::set<ir::ValueId> seen_;
  std::size_t last_product_ = 0;
};

} // namespace

void initialise(ir::Graph &graph, std::uint64_t seed) { Initialiser(graph, seed).run(); }

} // namespace tinyml::training
