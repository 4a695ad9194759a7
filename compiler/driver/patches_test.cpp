// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/patches.hpp"

#include "compiler/driver/compile_model.hpp"
#include "compiler/ir/edit.hpp"

#include <gtest/gtest.h>

namespace tinyml::driver {
namespace {

using Ints = std::vector<std::int64_t>;

/// A convolution that makes a large image, and one that makes it small again.
ir::Graph net() {
  ir::Graph graph;
  const auto x = ir::add_input(graph, "image", {ir::ElementType::kFloat32, {1, 32, 32, 1}, {}});
  const auto wide = ir::add_float_constant(graph, "a", {8, 3, 3, 1}, std::vector<float>(72, 0.1F));
  const auto narrow =
      ir::add_float_constant(graph, "b", {2, 3, 3, 8}, std::vector<float>(144, 0.1F));
  const auto large =
      ir::add_node(graph, {ir::Op::kConv2d, {x, wide}, {{"pads", Ints{1, 1, 1, 1}}}, "large"});
  const auto small = ir::add_node(graph, {ir::Op::kConv2d,
                                          {*large, narrow},
                                          {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 2}}},
                                          "small"});
  EXPECT_TRUE(small.ok());
  graph.outputs = {*small};
  ir::remove_dead(graph);
  return graph;
}

TEST(Patches, TheCheapestSplitThatFitsIsTaken) {
  const auto whole = compile_graph(net(), {});
  ASSERT_TRUE(whole.ok()) << whole.error().message;
  EXPECT_EQ(whole->patches.strips, 0);
  double extra = 0;
  for (const std::uint32_t percent : {80, 60, 45}) {
    CompileOptions options;
    options.arena_limit_bytes = whole->plan.arena_bytes * percent / 100;
    const auto model = compile_graph(net(), options);
    ASSERT_TRUE(model.ok()) << model.error().message;
    EXPECT_LE(model->plan.arena_bytes, *options.arena_limit_bytes);
    EXPECT_GE(model->patches.strips, 2);
    EXPECT_GE(model->patches.extra_macs, extra);
    EXPECT_EQ(model->module.weight_bytes, whole->module.weight_bytes);
    extra = model->patches.extra_macs;
  }
}

TEST(Patches, AreMadeOnlyWhenWantedAndUseful) {
  CompileOptions off;
  off.strips = 1;
  off.arena_limit_bytes = 1;
  EXPECT_EQ(compile_graph(net(), off)->patches.strips, 0);
  CompileOptions five;
  five.strips = 5;
  EXPECT_EQ(compile_graph(net(), five)->patches.strips, 5);
  const auto whole = compile_graph(net(), {});
  EXPECT_FALSE(compile_in_strips(*whole, {}, 0));
  EXPECT_FALSE(compile_in_strips(*whole, {}, whole->plan.arena_bytes - 1));
  EXPECT_TRUE(compile_in_strips(*whole, {}, whole->plan.arena_bytes / 4));
}

TEST(Patches, WordsForTheNumberOfStrips) {
  EXPECT_EQ(*parse_strips("auto"), 0);
  EXPECT_EQ(*parse_strips("off"), 1);
  EXPECT_EQ(*parse_strips("8"), 8);
  for (const char *wrong : {"", "1", "65", "4x", "-2"}) {
    EXPECT_FALSE(parse_strips(wrong).ok()) << wrong;
  }
  EXPECT_EQ(describe({4, 6, 0.081}), "4 strips over 6 layers, +8.1 % MACs");
}

} // namespace
} // namespace tinyml::driver
