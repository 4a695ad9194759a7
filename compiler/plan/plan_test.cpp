// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/order.hpp"
#include "compiler/plan/test_plan.hpp"

#include <gmock/gmock.h>

namespace tinyml::plan {
namespace {

using namespace test;
using ::testing::HasSubstr;

constexpr std::uint32_t kFloat = 4;

TEST(Plan, AnElementwiseChainNeedsOneTensor) {
  Builder b;
  const auto x = b.input({1, 100});
  const auto graph = b.done(b.node(ir::Op::kTanh, {b.node(ir::Op::kRelu, {x})}));
  const MemoryPlan plan = planned(graph);
  EXPECT_EQ(plan.arena_bytes, 100 * kFloat);
  EXPECT_TRUE(plan.optimal);
}

TEST(Plan, AReshapeSharesItsInputsStorage) {
  Builder b;
  const auto x = b.input({1, 6, 4});
  auto reshaped = ir::add_node(
      b.graph,
      {ir::Op::kReshape, {x}, {}, "", "", ir::TensorType{ir::ElementType::kFloat32, {24}, {}}});
  ASSERT_TRUE(reshaped.ok());
  const MemoryPlan plan = planned(b.done(*reshaped));
  EXPECT_EQ(plan.arena_bytes, 24 * kFloat);
  EXPECT_EQ(plan.placements[x]->offset_bytes, plan.placements[*reshaped]->offset_bytes);
}

/// Two pools of one image, joined along rows (axis 1) or channels (axis 3).
ir::Graph joined_pools(std::int64_t axis, ir::ValueId *parts) {
  Builder b;
  const auto x = b.input({1, 8, 8, 3});
  parts[0] = b.pool(x);
  parts[1] = b.pool(x);
  const auto joined = b.node(ir::Op::kConcat, {parts[0], parts[1]}, {{"axis", axis}});
  b.graph.outputs = {joined, x}; // the image stays: nothing can lie over it
  return b.graph;
}

TEST(Plan, RowsThatAConcatJoinsAreComputedInItsOutput) {
  ir::ValueId parts[2];
  const ir::Graph graph = joined_pools(1, parts);
  const MemoryPlan plan = planned(graph);
  EXPECT_TRUE(plan.joined);
  const std::uint32_t start = plan.placements[graph.outputs[0]]->offset_bytes;
  EXPECT_EQ(plan.placements[parts[0]]->offset_bytes, start);
  EXPECT_EQ(plan.placements[parts[1]]->offset_bytes, start + 4 * 4 * 3 * kFloat);
  EXPECT_EQ(plan.arena_bytes, (8 * 8 + 2 * 4 * 4) * 3 * kFloat);
  EXPECT_FALSE(planned(graph, {.join = false}).joined);

  MemoryPlan shifted = plan;
  shifted.placements[parts[1]]->offset_bytes -= kFloat;
  EXPECT_FALSE(check_plan(graph, shifted).ok());

  EXPECT_FALSE(planned(joined_pools(3, parts)).joined);
}

TEST(Plan, ATensorReadLaterIsNotOverwrittenInPlace) {
  Builder b;
  const auto x = b.input({1, 10});
  const auto y = b.node(ir::Op::kRelu, {x});
  const MemoryPlan plan = planned(b.done(b.node(ir::Op::kAdd, {x, y})));
  EXPECT_EQ(plan.arena_bytes, 20 * kFloat);
}

TEST(Plan, AnOutputOfTheGraphIsKeptToTheEnd) {
  Builder b;
  const auto x = b.input({1, 10});
  const auto y = b.node(ir::Op::kRelu, {x});
  const auto z = b.node(ir::Op::kTanh, {y});
  b.graph.outputs = {y, z};
  EXPECT_EQ(planned(b.graph).arena_bytes, 20 * kFloat);
}

TEST(Plan, ABroadcastOperandIsNotOverwritten) {
  Builder b;
  const auto x = b.input({1, 10});
  const auto row = b.input({1, 1});
  const MemoryPlan plan = planned(b.done(b.node(ir::Op::kAdd, {row, x})));
  EXPECT_EQ(plan.arena_bytes, 11 * kFloat);
}

TEST(Plan, AnUnpaddedPoolWorksInPlaceAndAPaddedOneKeepsItsDistance) {
  Builder b;
  const auto x = b.input({1, 8, 8, 3});
  EXPECT_EQ(planned(b.done(b.pool(x))).arena_bytes, 8 * 8 * 3 * kFloat);

  Builder padded;
  const auto y = padded.input({1, 8, 8, 3});
  const auto same = padded.node(ir::Op::kMaxPool2d, {y},
                                {{"kernel", std::vector<std::int64_t>{3, 3}},
                                 {"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
  // The window starts a row and a pixel before the position that is written.
  EXPECT_EQ(planned(padded.done(same)).arena_bytes, (8 * 8 + 8 + 1) * 3 * kFloat);
}

TEST(Plan, APointwiseConvolutionWorksInPlaceBesideOneHeldPixel) {
  Builder b;
  const auto x = b.input({1, 14, 14, 24});
  const MemoryPlan plan = planned(b.done(b.conv(x, 24, 1, 0)));
  EXPECT_EQ(plan.arena_bytes, (14 * 14 + 1) * 24 * kFloat);
  EXPECT_EQ(plan.peak_live_bytes, (2 * 14 * 14 + 1) * 24 * kFloat);
}

Builder lenet_like() {
  Builder b;
  auto x = b.input({1, 28, 28, 1});
  x = b.pool(b.conv(x, 6, 5, 2));
  x = b.pool(b.conv(x, 16, 5, 0));
  auto flat = ir::add_node(
      b.graph,
      {ir::Op::kReshape, {x}, {}, "", "", ir::TensorType{ir::ElementType::kFloat32, {1, 400}, {}}});
  EXPECT_TRUE(flat.ok());
  x = *flat;
  for (const std::int64_t outputs : {120, 84, 10}) {
    const std::int64_t inputs = b.graph.values[x].type.shape[1];
    x = b.node(ir::Op::kFullyConnected, {x, b.constant({outputs, inputs})});
  }
  b.graph.outputs = {x};
  return b;
}

TEST(Plan, LenetMeetsItsLowerBound) {
  const ir::Graph graph = lenet_like().graph;
  const MemoryPlan plan = planned(graph);
  EXPECT_EQ(plan.arena_bytes, plan.lower_bound_bytes);
  EXPECT_LT(plan.arena_bytes, 4816 * kFloat);
  EXPECT_EQ(plan.peak_live_bytes, (4704 + 1176) * kFloat);
  EXPECT_THAT(to_text(graph, plan), HasSubstr("the least possible"));

  PlanOptions disjoint;
  disjoint.overlap = false;
  const MemoryPlan without = planned(graph, disjoint);
  EXPECT_EQ(without.arena_bytes, without.peak_live_bytes);
}

TEST(Plan, ResidualBlocksMeetTheirLowerBound) {
  Builder b;
  auto x = b.conv(b.input({1, 14, 14, 1}), 24, 1, 0);
  for (int block = 0; block < 3; ++block) {
    const auto y = b.conv(b.depthwise(x), 24, 1, 0);
    x = b.node(ir::Op::kRelu, {b.node(ir::Op::kAdd, {x, y})});
  }
  const MemoryPlan plan = planned(b.done(x));
  EXPECT_EQ(plan.arena_bytes, plan.lower_bound_bytes);
  EXPECT_EQ(plan.arena_bytes, (2 * 14 * 14 + 1) * 24 * kFloat);
}

TEST(Plan, RunsTheBranchThatShrinksFirst) {
  // Two branches grow large and shrink; one after the other only one large tensor is alive.
  Builder b;
  const auto x = b.input({1, 4});
  std::vector<ir::ValueId> large;
  large.reserve(3);
  for (int i = 0; i < 3; ++i) {
    large.push_back(b.node(ir::Op::kFullyConnected, {x, b.constant({100, 4})}));
  }
  std::vector<ir::ValueId> small;
  small.reserve(3);
  for (const auto value : large) {
    small.push_back(b.node(ir::Op::kFullyConnected, {value, b.constant({2, 100})}));
  }
  const auto graph =
      b.done(b.node(ir::Op::kConcat, {small[0], small[1], small[2]}, {{"axis", std::int64_t{1}}}));
  PlanOptions own_order;
  own_order.reorder = false;
  EXPECT_EQ(planned(graph, own_order).arena_bytes, (300 + 4) * kFloat);
  EXPECT_EQ(planned(graph).arena_bytes, (100 + 4 + 2 + 2) * kFloat);
}

TEST(Plan, ScratchLiesBesideTheTensorsOfItsStepOnly) {
  Builder b;
  const auto x = b.input({1, 8, 8, 4});
  const auto filter = b.constant({4, 3, 3, 4});
  const auto conv =
      b.node(ir::Op::kConv2d, {x, filter}, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
  const auto graph = b.done(b.node(ir::Op::kTanh, {conv}));
  const std::uint32_t patch = 3 * 3 * 4 * kFloat;
  const MemoryPlan plan = planned(graph);
  ASSERT_EQ(plan.scratch.size(), 1U);
  EXPECT_EQ(plan.scratch[0].size_bytes % patch, 0U);
  EXPECT_EQ(plan.scratch[0].offset_bytes % kArenaAlignment, 0U);
  PlanOptions options;
  options.scratch = false;
  EXPECT_EQ(planned(graph, options).arena_bytes + plan.scratch[0].size_bytes, plan.arena_bytes);
  EXPECT_THAT(to_text(graph, plan), HasSubstr("scratch"));
}

TEST(Plan, OffsetsKeepTheWantedAlignment) {
  PlanOptions options;
  options.tensor_alignment_bytes = 16;
  const MemoryPlan plan = planned(lenet_like().graph, options);
  for (const auto &place : plan.placements) {
    EXPECT_TRUE(!place || place->offset_bytes % 16 == 0);
  }
  options.tensor_alignment_bytes = 3;
  EXPECT_FALSE(make_plan(lenet_like().graph, options).ok());
}

TEST(Plan, RefusesWhatNoDeviceHasAndNamesTheTensor) {
  Builder b;
  b.graph.values.push_back({"monster", {ir::ElementType::kFloat32, {1 << 20, 1 << 20}, {}}, {}});
  b.graph.inputs = {0};
  const auto plan = make_plan(b.graph);
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(plan.error().message, HasSubstr("monster"));
}

TEST(Plan, AGraphWithoutOperatorsKeepsItsInput) {
  Builder b;
  const auto x = b.input({3});
  EXPECT_EQ(planned(b.done(x)).arena_bytes, 3 * kFloat);
}

TEST(CheckPlan, NamesTheTensorsThatCollide) {
  Builder b;
  const auto x = b.input({1, 10});
  const auto y = b.node(ir::Op::kRelu, {x});
  const auto graph = b.done(b.node(ir::Op::kAdd, {x, y}));
  MemoryPlan plan = planned(graph);
  plan.placements[y]->offset_bytes = plan.placements[x]->offset_bytes + 8;
  const auto checked = check_plan(graph, plan);
  ASSERT_FALSE(checked.ok());
  EXPECT_THAT(checked.error().message, HasSubstr("destroys"));
}

TEST(CheckPlan, FindsEveryShiftThatBreaksAnOverlap) {
  Builder b;
  const auto x = b.input({1, 6, 6, 2});
  const auto y = b.conv(x, 2, 3, 1);
  const auto graph = b.done(y);
  MemoryPlan plan = planned(graph);
  plan.placements[x]->offset_bytes -= kFloat;
  EXPECT_FALSE(check_plan(graph, plan).ok());
}

TEST(CheckPlan, FindsAWrongOrder) {
  Builder b;
  const auto x = b.input({1, 4});
  const auto graph = b.done(b.node(ir::Op::kTanh, {b.node(ir::Op::kRelu, {x})}));
  MemoryPlan plan = planned(graph);
  std::swap(plan.order[0], plan.order[1]);
  EXPECT_FALSE(check_plan(graph, plan).ok());
}

} // namespace
} // namespace tinyml::plan
