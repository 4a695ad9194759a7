// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/smaller_input.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/verify.hpp"

#include <gmock/gmock.h>

namespace tinyml::driver {
namespace {

using Ints = std::vector<std::int64_t>;

/// conv stride 2 → pool of `kernel` → [1, outputs] → fully connected.
ir::Graph net(std::int64_t side, std::int64_t kernel, std::int64_t outputs) {
  ir::Graph graph;
  const auto x = ir::add_input(graph, "image", {ir::ElementType::kFloat32, {1, side, side, 3}, {}});
  const auto filter =
      ir::add_float_constant(graph, "w", {4, 3, 3, 3}, std::vector<float>(108, 0.1F));
  const auto conv = ir::add_node(
      graph, {ir::Op::kConv2d, {x, filter}, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}}});
  const auto pool =
      ir::add_node(graph, {ir::Op::kAveragePool2d, {*conv}, {{"kernel", Ints{kernel, kernel}}}});
  const auto flat = ir::add_node(
      graph, {.op = ir::Op::kReshape,
              .inputs = {*pool},
              .declared = ir::TensorType{ir::ElementType::kFloat32, {1, outputs}, {}}});
  const auto weights = ir::add_float_constant(
      graph, "fc", {2, outputs}, std::vector<float>(static_cast<std::size_t>(2 * outputs), 0.1F));
  const auto result = ir::add_node(graph, {ir::Op::kFullyConnected, {*flat, weights}});
  EXPECT_TRUE(result.ok());
  graph.outputs = {*result};
  return graph;
}

TEST(SmallerInput, ShrinksEverythingUpToTheGlobalPool) {
  const ir::Graph graph = net(32, 16, 4);
  const auto smaller = with_smaller_input(graph, 50);
  ASSERT_TRUE(smaller.ok()) << smaller.error().message;
  EXPECT_TRUE(ir::verify(*smaller).ok());
  EXPECT_EQ(image_size_text(*smaller), "16x16");
  EXPECT_EQ(smaller->values[smaller->nodes[0].outputs[0]].type.shape, (ir::Shape{1, 8, 8, 4}));
  EXPECT_EQ(smaller->values[smaller->outputs[0]].type.shape, (ir::Shape{1, 2}));
}

TEST(SmallerInput, RefusesWhatFlattensTheImage) {
  const auto refused = with_smaller_input(net(32, 2, 15 * 15 * 4), 50);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("flattens"));
}

TEST(SmallerInput, RefusesVectorsAndTinyImages) {
  EXPECT_FALSE(with_smaller_input(net(8, 4, 4), 50).ok());
  ir::Graph vector;
  const auto x = ir::add_input(vector, "x", {ir::ElementType::kFloat32, {1, 64}, {}});
  vector.outputs = {*ir::add_node(vector, {ir::Op::kRelu, {x}})};
  EXPECT_FALSE(with_smaller_input(vector, 50).ok());
  EXPECT_EQ(image_size_text(vector), "");
}

} // namespace
} // namespace tinyml::driver
