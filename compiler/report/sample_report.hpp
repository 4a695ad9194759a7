// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/codegen/generate.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/report/describe.hpp"

#include <gtest/gtest.h>

/// A small net with a branch, for the tests of this room.
namespace tinyml::report {

inline constexpr const char *kHostileName = "</text><script>alert(1)</script>&\"'\x01\xff\n]]>";

/// What a report is made of, kept together.
struct Sample {
  ir::Graph graph;
  plan::MemoryPlan plan;
  codegen::GeneratedModule module;

  [[nodiscard]] Subject subject(const IsaCosts *costs = nullptr) const {
    return {graph, plan, module, costs};
  }
};

inline ir::ValueId add_convolution(ir::Graph &graph, ir::ValueId x, std::int64_t channels,
                                   const std::string &name) {
  const std::int64_t inputs = graph.values[x].type.shape[3];
  const auto count = static_cast<std::size_t>(channels * 9 * inputs);
  const auto w = ir::add_float_constant(graph, name + "_w", {channels, 3, 3, inputs},
                                        std::vector<float>(count, 0.01F));
  const auto made = ir::add_node(
      graph, {ir::Op::kConv2d, {x, w}, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}}, name});
  EXPECT_TRUE(made.ok());
  return *made;
}

inline Sample finished(ir::Graph graph, ir::ValueId output) {
  graph.outputs = {output};
  Sample sample{std::move(graph), {}, {}};
  auto plan = plan::make_plan(sample.graph, {.search_budget = 1000});
  EXPECT_TRUE(plan.ok());
  sample.plan = *std::move(plan);
  auto module = codegen::generate(sample.graph, sample.plan, {.model_name = "sample"});
  EXPECT_TRUE(module.ok());
  sample.module = *std::move(module);
  return sample;
}

/// conv → conv → add with the first → reshape.
inline Sample branched() {
  ir::Graph graph;
  const auto x = ir::add_input(graph, kHostileName, {ir::ElementType::kFloat32, {1, 6, 6, 2}, {}});
  const auto first = add_convolution(graph, x, 4, kHostileName);
  const auto second = add_convolution(graph, first, 4, "second");
  const auto sum = ir::add_node(graph, {ir::Op::kAdd, {first, second}, {}, "sum"});
  const auto flat =
      ir::add_node(graph, {.op = ir::Op::kReshape,
                           .inputs = {*sum},
                           .name = "flat",
                           .declared = ir::TensorType{ir::ElementType::kFloat32, {1, 144}, {}}});
  EXPECT_TRUE(flat.ok());
  return finished(std::move(graph), *flat);
}

inline Sample chain(int length) {
  ir::Graph graph;
  ir::ValueId x = ir::add_input(graph, "image", {ir::ElementType::kFloat32, {1, 6, 6, 2}, {}});
  for (int i = 0; i < length; ++i) {
    x = add_convolution(graph, x, 2 + i % 3, "model/layer_" + std::to_string(i));
  }
  return finished(std::move(graph), x);
}

} // namespace tinyml::report
