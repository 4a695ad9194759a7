// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/text.hpp"
#include "compiler/plan/plan.hpp"

#include <algorithm>
#include <gmock/gmock.h>

namespace tinyml::plan {
namespace {

using ::testing::HasSubstr;

/// Two layers that learn; the updates stand at the end and their gradients are large.
ir::Graph step() {
  auto graph = ir::parse(R"(graph "g" {
  input %x : f32[4,1]
  input %dy : f32[2,1]
  input %rate : f32[1]
  variable %v : f32[3,4] = [0,0,0,0,0,0,0,0,0,0,0,0]
  variable %w : f32[2,3] = [0,0,0,0,0,0]
  %a : f32[3,1] = fully_connected(%x, %v) {layout="HWCN"}
  %y : f32[2,1] = fully_connected(%a, %w) {layout="HWCN"}
  %gw : f32[2,3] = fully_connected_filter_gradient(%a, %dy) {layout="HWCN"}
  %da : f32[3,1] = fully_connected_input_gradient(%dy, %w) {layout="HWCN"}
  %gv : f32[3,4] = fully_connected_filter_gradient(%x, %da) {layout="HWCN"}
  %uw : f32[2,3] = sgd(%w, %gw, %rate)
  %uv : f32[3,4] = sgd(%v, %gv, %rate)
  output %y
}
)");
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  return *std::move(graph);
}

ir::ValueId named(const ir::Graph &graph, const std::string &name) {
  const auto found = std::find_if(graph.values.begin(), graph.values.end(),
                                  [&](const ir::Value &value) { return value.name == name; });
  return static_cast<ir::ValueId>(found - graph.values.begin());
}

MemoryPlan planned(const ir::Graph &graph, const PlanOptions &options = {}) {
  auto plan = make_plan(graph, options);
  EXPECT_TRUE(plan.ok()) << plan.error().message;
  const auto legal = check_plan(graph, *plan);
  EXPECT_TRUE(legal.ok()) << legal.error().message;
  return *plan;
}

std::size_t step_of(const ir::Graph &graph, const MemoryPlan &plan, const std::string &output) {
  for (std::size_t i = 0; i < plan.order.size(); ++i) {
    if (graph.nodes[plan.order[i]].outputs[0] == named(graph, output)) {
      return i;
    }
  }
  return plan.order.size();
}

TEST(Variables, LieBesideTheArenaInTheOrderThatIsAskedFor) {
  const ir::Graph graph = step();
  const ir::ValueId w = named(graph, "w");
  const MemoryPlan plan = planned(
      graph, {.tensor_alignment_bytes = 16, .first_variables = {{w, VariableStorage::kFloat16}}});
  ASSERT_EQ(plan.variables.size(), 2U);
  EXPECT_EQ(plan.variables[0].value, w);
  EXPECT_EQ(plan.variables[0].size_bytes, 12U); // six halves
  EXPECT_EQ(plan.variables[1].offset_bytes, 16U);
  EXPECT_EQ(plan.first_variable_bytes, 16U);
  EXPECT_EQ(plan.variable_bytes, 16U + 48U);
  EXPECT_FALSE(plan.placements[named(graph, "uw")]) << "an update's output is its variable";
}

TEST(Variables, OutputsComeFirstAndUpdatesFollowAllReaders) {
  const ir::Graph graph = step();
  for (const bool reorder : {false, true}) {
    const MemoryPlan plan = planned(graph, {.reorder = reorder});
    EXPECT_EQ(plan.output_steps, 2U);
    EXPECT_LT(step_of(graph, plan, "y"), 2U);
    EXPECT_LT(step_of(graph, plan, "da"), step_of(graph, plan, "uw"));
  }
}

TEST(Variables, UpdatesRunEarlySoThatGradientsNeedNotWait) {
  const ir::Graph graph = step();
  const MemoryPlan searched = planned(graph);
  EXPECT_LT(searched.arena_bytes, planned(graph, {.reorder = false}).arena_bytes);
}

TEST(Variables, ACheckFindsEachMistake) {
  const ir::Graph graph = step();
  const MemoryPlan good = planned(graph, {.reorder = false});
  const auto complaint = [&](const auto &spoil) {
    MemoryPlan plan = good;
    spoil(plan);
    const auto checked = check_plan(graph, plan);
    return checked.ok() ? std::string("no error") : checked.error().message;
  };
  EXPECT_THAT(complaint([](MemoryPlan &plan) { plan.variables[1].offset_bytes = 4; }),
              HasSubstr("lies over another one"));
  EXPECT_THAT(complaint([](MemoryPlan &plan) { plan.variables.pop_back(); }),
              HasSubstr("has no place"));
  EXPECT_THAT(complaint([](MemoryPlan &plan) { plan.variable_bytes -= 4; }),
              HasSubstr("has not the room"));
  EXPECT_THAT(complaint([](MemoryPlan &plan) { plan.output_steps = 1; }),
              HasSubstr("do not compute 'y'"));
  // The gradient of the layer's input after its weights' update.
  EXPECT_THAT(complaint([](MemoryPlan &plan) { plan.order = {0, 1, 2, 5, 3, 4, 6}; }),
              HasSubstr("after it was updated"));
  EXPECT_THAT(complaint([](MemoryPlan &plan) {
                plan.order = {0, 2, 3, 5, 1, 4, 6};
                plan.output_steps = 5;
              }),
              HasSubstr("'w'"));
}

TEST(Variables, WishesForWhatIsNoVariableAreRefused) {
  const ir::Graph graph = step();
  const auto plan =
      make_plan(graph, {.first_variables = {{named(graph, "x"), VariableStorage::kFloat32}}});
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(plan.error().message, HasSubstr("must be variables"));
}

} // namespace
} // namespace tinyml::plan
