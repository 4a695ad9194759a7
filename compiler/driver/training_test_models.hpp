// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/text.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

/// Models for tests of training, small ones in the IR's text.
namespace tinyml::driver {

using Floats = std::vector<float>;

inline Floats noise(std::size_t count, unsigned seed, float size = 1) {
  std::mt19937 random(seed);
  Floats values(count);
  std::generate(values.begin(), values.end(),
                [&] { return size * (static_cast<float>(random() % 2001) * 1e-3F - 1); });
  return values;
}

/// A model in the IR's text; constants written `= noise` are filled.
inline ir::Graph model(const std::string &text) {
  auto graph = ir::parse(text);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  unsigned seed = 1;
  for (ir::Value &value : graph->values) {
    if (value.constant && value.name.starts_with("w")) {
      const auto count = static_cast<std::size_t>(ir::element_count(value.type.shape));
      const float size =
          1 / std::sqrt(static_cast<float>(count) / static_cast<float>(value.type.shape[0]));
      value.constant = ir::constant_data(noise(count, seed++, size));
    }
  }
  return *std::move(graph);
}

inline std::string zeros(const std::string &name, const std::string &shape, std::size_t count) {
  return "const %" + name + " : f32" + shape + " = hex \"" + std::string(8 * count, '0') + "\"\n";
}

inline const std::string kConvolutions = "graph \"g\" {\ninput %x : f32[1,8,7,3]\n" +
                                         zeros("w1", "[4,3,3,3]", 108) + zeros("w1b", "[4]", 4) +
                                         zeros("w2", "[1,3,3,4]", 36) + zeros("w2b", "[4]", 4) +
                                         zeros("w3", "[5,32]", 160) + zeros("w3b", "[5]", 5) + R"(
%a : f32[1,8,7,4] = conv2d(%x, %w1, %w1b) {pads=[1,1,1,1], activation="relu"}
%b : f32[1,4,4,4] = depthwise_conv2d(%a, %w2, %w2b) {pads=[1,1,1,1], strides=[2,2], activation="relu6"}
%c : f32[1,2,4,4] = max_pool2d(%b) {kernel=[2,1], strides=[2,1]}
%d : f32[1,32] = reshape(%c)
%y : f32[1,5] = fully_connected(%d, %w3, %w3b)
output %y
}
)";

inline const std::string kManyOperators =
    "graph \"g\" {\ninput %x : f32[1,6,6,4]\n" + zeros("w1", "[8,3,3,2]", 144) +
    zeros("w2", "[4,3,3,8]", 288) + zeros("w2b", "[4]", 4) + zeros("w4", "[3,8]", 24) +
    R"(const %s : f32[8] = [1,0.9,1.1,0.8,1.2,1,0.7,1.3]
const %o : f32[8] = [0.1,-0.2,0,0.3,0.1,0,-0.1,0.2]
const %m : f32[8] = [0,0,0,0,0,0,0,0]
const %v : f32[8] = [1,1,1,1,1,1,1,1]
%a : f32[1,6,6,8] = conv2d(%x, %w1) {groups=2, pads=[1,1,1,1]}
%b : f32[1,6,6,8] = batch_norm(%a, %s, %o, %m, %v) {axis=3}
%c : f32[1,6,6,8] = clip(%b) {min=-0.75, max=1.5}
%d : f32[1,6,6,8] = add(%a, %c) {activation="relu"}
%e : f32[1,6,6,8] = sigmoid(%d)
%f : f32[1,6,6,8] = mul(%d, %e)
%g : f32[1,6,6,4] = conv2d(%f, %w2, %w2b) {dilations=[2,2], pads=[2,2,2,2]}
%h : f32[1,6,6,4] = tanh(%g)
%i : f32[1,6,6,4] = unary(%g) {function="leaky_relu", alpha=0.1}
%j : f32[1,6,6,8] = concat(%h, %i) {axis=3}
%k : f32[1,3,3,8] = average_pool2d(%j) {kernel=[2,2], strides=[2,2]}
%l : f32[1,8] = mean(%k) {axes=[1,2], keep_dims=0}
%y : f32[1,3] = fully_connected(%l, %w4)
output %y
}
)";

} // namespace tinyml::driver
