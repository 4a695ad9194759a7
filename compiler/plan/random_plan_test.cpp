// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/test_plan.hpp"

#include <random>

namespace tinyml::plan {
namespace {

using namespace test;

/// Random graphs of small layers with skips.
ir::Graph random_graph(std::mt19937 &random) {
  Builder b;
  std::vector<ir::ValueId> values = {
      b.input({1, 5, 6, static_cast<std::int64_t>(1 + random() % 3)})};
  const std::size_t nodes = 1 + random() % 9;
  for (std::size_t i = 0; i < nodes; ++i) {
    const auto x = values[random() % values.size()];
    switch (random() % 5) {
    case 0:
      values.push_back(b.conv(x, static_cast<std::int64_t>(1 + random() % 4), 3, 1));
      break;
    case 1:
      values.push_back(b.depthwise(x));
      break;
    case 2:
      values.push_back(b.node(ir::Op::kRelu, {x}));
      break;
    case 3:
      values.push_back(b.node(ir::Op::kMul, {x, b.node(ir::Op::kSigmoid, {x})}));
      break;
    default:
      values.push_back(b.node(ir::Op::kAdd, {x, b.conv(x, b.graph.values[x].type.shape[3], 1, 0)}));
      break;
    }
  }
  b.graph.outputs = {values.back()};
  if (random() % 2 == 0) {
    b.graph.outputs.push_back(values[random() % values.size()]);
  }
  return b.graph;
}

TEST(Plan, RandomGraphsArePlannedLegallyAndNoWorseThanWithoutTheirFreedoms) {
  std::mt19937 random(7);
  int at_lower_bound = 0;
  int proven = 0;
  constexpr int kGraphs = 300;
  for (int i = 0; i < kGraphs; ++i) {
    const ir::Graph graph = random_graph(random);
    PlanOptions plain;
    plain.overlap = false;
    plain.reorder = false;
    const MemoryPlan plan = planned(graph);
    const MemoryPlan baseline = planned(graph, plain);
    proven += plan.optimal ? 1 : 0;
    EXPECT_LE(plan.arena_bytes, baseline.arena_bytes) << to_text(graph, plan);
    at_lower_bound += plan.arena_bytes == plan.lower_bound_bytes ? 1 : 0;
  }
  EXPECT_GT(at_lower_bound, kGraphs * 9 / 10);
  EXPECT_GT(proven, kGraphs * 95 / 100);
}

} // namespace
} // namespace tinyml::plan
