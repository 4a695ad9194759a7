// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/edit.hpp"
#include "compiler/plan/plan.hpp"

#include <gtest/gtest.h>

#include <numeric>

/// For tests of plans: graphs to plan, and plans that are checked at once.
namespace tinyml::plan::test {

inline MemoryPlan planned(const ir::Graph &graph, const PlanOptions &options = {}) {
  auto plan = make_plan(graph, options);
  EXPECT_TRUE(plan.ok()) << plan.error().message;
  if (!plan) {
    return {};
  }
  const auto legal = check_plan(graph, *plan);
  EXPECT_TRUE(legal.ok()) << legal.error().message << "\n" << to_text(graph, *plan);
  EXPECT_GE(plan->arena_bytes, plan->lower_bound_bytes);
  return *plan;
}

/// Builds float graphs in a few words.
struct Builder {
  ir::Graph graph;

  ir::ValueId input(ir::Shape shape) {
    return ir::add_input(graph, "in", {ir::ElementType::kFloat32, std::move(shape), {}});
  }
  ir::ValueId constant(const ir::Shape &shape) {
    const auto count = static_cast<std::size_t>(
        std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
    return ir::add_float_constant(graph, "c", shape, std::vector<float>(count));
  }
  ir::ValueId node(ir::Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes = {}) {
    const auto value = ir::add_node(graph, {op, std::move(inputs), std::move(attributes)});
    EXPECT_TRUE(value.ok()) << value.error().message;
    return value ? *value : 0;
  }
  ir::ValueId conv(ir::ValueId x, std::int64_t channels, std::int64_t kernel, std::int64_t pad) {
    const std::int64_t in = graph.values[x].type.shape[3];
    return node(ir::Op::kConv2d, {x, constant({channels, kernel, kernel, in})},
                {{"pads", std::vector<std::int64_t>{pad, pad, pad, pad}}});
  }
  ir::ValueId depthwise(ir::ValueId x) {
    const std::int64_t in = graph.values[x].type.shape[3];
    return node(ir::Op::kDepthwiseConv2d, {x, constant({1, 3, 3, in})},
                {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
  }
  ir::ValueId pool(ir::ValueId x) {
    const std::vector<std::int64_t> two = {2, 2};
    return node(ir::Op::kMaxPool2d, {x}, {{"kernel", two}, {"strides", two}});
  }
  ir::Graph done(ir::ValueId output) {
    graph.outputs = {output};
    return graph;
  }
};

} // namespace tinyml::plan::test
