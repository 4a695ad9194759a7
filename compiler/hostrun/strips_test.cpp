// SPDX-License-Identifier: Apache-2.0
// Code generated from a graph split into strips computes what the interpreter says of the whole
// one.
#include "compiler/passes/strips.hpp"

#include "compiler/hostrun/host_module.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/text.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tinyml::hostrun {
namespace {

using ir::Op;

std::vector<std::uint8_t> random_bytes(std::size_t count) {
  static std::mt19937 random(5);
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t &byte : bytes) {
    byte = static_cast<std::uint8_t>(std::uniform_int_distribution<int>(0, 255)(random));
  }
  return bytes;
}

ir::TensorType int8(ir::Shape shape, float scale, std::int32_t zero) {
  return {ir::ElementType::kInt8, std::move(shape), ir::Quantization{{scale}, {zero}, -1}};
}

ir::ValueId add(ir::Graph &graph, Op op, std::vector<ir::ValueId> inputs, std::int64_t stride,
                bool pool) {
  const std::vector<std::int64_t> three = {3, 3};
  ir::Attributes attributes = {{"strides", std::vector<std::int64_t>{stride, stride}},
                               {"pads", std::vector<std::int64_t>{1, 0, 1, 1}}};
  if (pool) {
    attributes["kernel"] = three;
  }
  const auto made = ir::add_node(graph, {.op = op,
                                         .inputs = std::move(inputs),
                                         .attributes = attributes,
                                         .name = "n",
                                         .declared = int8({}, 0.7F, 3)});
  EXPECT_TRUE(made.ok()) << made.error().message;
  return made.ok() ? *made : 0;
}

ir::ValueId weights(ir::Graph &graph, ir::Shape shape) {
  const auto count = static_cast<std::size_t>(ir::element_count(shape));
  return ir::add_constant(graph, "w", int8(std::move(shape), 0.01F, 0), random_bytes(count));
}

/// Four windows, the first of this kind, with large images between them, and one behind the chain.
ir::Graph net(Op first) {
  ir::Graph graph;
  ir::ValueId x = ir::add_input(graph, "x", int8({1, 23, 12, 4}, 0.05F, -7));
  switch (first) {
  case Op::kConv2d:
    x = add(graph, first, {x, weights(graph, {4, 3, 3, 4})}, 1, false);
    break;
  case Op::kDepthwiseConv2d:
    x = add(graph, first, {x, weights(graph, {1, 3, 3, 4})}, 1, false);
    break;
  default:
    x = add(graph, first, {x}, 1, true);
  }
  x = add(graph, Op::kConv2d, {x, weights(graph, {24, 3, 3, 4})}, 1, false);
  x = add(graph, Op::kDepthwiseConv2d, {x, weights(graph, {1, 3, 3, 24})}, 1, false);
  x = add(graph, Op::kConv2d, {x, weights(graph, {5, 3, 3, 24})}, 2, false);
  x = add(graph, Op::kConv2d, {x, weights(graph, {3, 3, 3, 5})}, 1, false);
  graph.outputs = {x};
  ir::remove_dead(graph);
  return graph;
}

/// The generated code of `changed` against the interpreter on `graph`.
void expect_same_results(const ir::Graph &graph, const ir::Graph &changed,
                         const plan::MemoryPlan &plan) {
  const auto module = codegen::generate(changed, plan, {.model_name = "strips"});
  ASSERT_TRUE(module.ok()) << module.error().message;
  BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  options.extra_flags = {"-O1", "-Wall", "-Wextra", "-Werror"};
  auto host = HostModule::build(module->files, options);
  ASSERT_TRUE(host.ok()) << host.error().message;
  auto interpreter = interpret::Interpreter::prepare(graph);
  ASSERT_TRUE(interpreter.ok()) << interpreter.error().message;
  for (int round = 0; round < 5; ++round) {
    const auto input = random_bytes(host->input_bytes());
    std::vector<std::uint8_t> output(host->output_bytes());
    ASSERT_TRUE(host->run(input, output).ok());
    const ByteView views[] = {{input.data(), input.size()}};
    ASSERT_TRUE(interpreter->run(views).ok());
    std::vector<std::uint8_t> wanted;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
      const ByteView part = interpreter->output(i);
      wanted.insert(wanted.end(), part.begin(), part.end());
    }
    EXPECT_EQ(output, wanted);
  }
}

class StripModule : public ::testing::TestWithParam<Op> {};

TEST_P(StripModule, ComputesWhatTheWholeGraphComputes) {
  const ir::Graph graph = net(GetParam());
  const auto split = passes::split_into_strips(graph, {4, 3});
  ASSERT_TRUE(split.ok()) << split.error().message;
  const auto plan = plan::make_plan(*split);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_LT(plan->arena_bytes, plan::make_plan(graph)->arena_bytes);
  expect_same_results(graph, *split, *plan);
}

TEST(JoinedRows, AreNotCopied) {
  ir::Graph graph;
  const ir::ValueId x = ir::add_input(graph, "x", int8({1, 8, 8, 3}, 0.05F, -7));
  const ir::ValueId parts[] = {add(graph, Op::kMaxPool2d, {x}, 2, true),
                               add(graph, Op::kAveragePool2d, {x}, 2, true)};
  const auto joined = ir::add_node(
      graph, {Op::kConcat, {parts[0], parts[1]}, {{"axis", std::int64_t{1}}}, "joined"});
  const auto kept = ir::add_node(graph, {Op::kRelu, {x}, {}, "kept"});
  ASSERT_TRUE(joined.ok() && kept.ok());
  graph.outputs = {*joined, *kept};
  ir::remove_dead(graph);
  const auto plan = plan::make_plan(graph);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_TRUE(plan->joined);
  expect_same_results(graph, graph, *plan);
}

INSTANTIATE_TEST_SUITE_P(Windows, StripModule,
                         ::testing::Values(Op::kConv2d, Op::kDepthwiseConv2d, Op::kMaxPool2d,
                                           Op::kAveragePool2d));

} // namespace
} // namespace tinyml::hostrun
