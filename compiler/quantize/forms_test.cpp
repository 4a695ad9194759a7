// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/quantize/forms.hpp"

#include <gmock/gmock.h>

#include <random>

namespace tinyml::quantize {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Three layers with a movement between two of them, and an operator without an int8 form.
constexpr const char *kChain = R"(graph "g" {
  input %x : f32[1,4]
  const %v : f32[4,4] = [1,0.5,0,0,0,1,0.5,0,0,0,1,0.5,0.5,0,0,1]
  const %w : f32[4,4] = [0.5,0.5,0,0,0,0.5,0.5,0,0,0,0.5,0.5,0.5,0,0,0.5]
  %a : f32[1,4] = fully_connected(%x, %v) name="first"
  %b : f32[4,1] = reshape(%a) name="turn"
  %c : f32[1,4] = reshape(%b) name="back"
  %d : f32[1,4] = fully_connected(%c, %w) {activation="relu"} name="second"
  %e : f32[1,4] = div(%d, %d) name="odd"
  %f : f32[1,4] = add(%d, %c) name="third"
  output %f
  output %e
}
)";

ir::Graph chain() {
  auto graph = ir::parse(kChain);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  return graph ? *graph : ir::Graph{};
}

CalibrationSamples samples() {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> values(0.5F, 2);
  CalibrationSamples some{{std::vector<float>(64)}, 16};
  std::generate(some.inputs[0].begin(), some.inputs[0].end(), [&] { return values(random); });
  return some;
}

struct Outcome {
  ir::Graph graph;
  QuantizeReport report;

  [[nodiscard]] std::vector<std::string> operators() const {
    std::vector<std::string> names;
    for (const ir::Node &node : graph.nodes) {
      names.emplace_back(ir::op_name(node.op));
    }
    return names;
  }
};

Outcome quantized(const QuantizeOptions &options) {
  Outcome outcome;
  auto graph = quantize(chain(), samples(), options, outcome.report);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  outcome.graph = graph ? *graph : ir::Graph{};
  return outcome;
}

TEST(FitsPattern, KnowsStarsAndQuestionMarks) {
  EXPECT_TRUE(fits_pattern("conv1", "conv1"));
  EXPECT_TRUE(fits_pattern("*", ""));
  EXPECT_TRUE(fits_pattern("*onv*", "conv1"));
  EXPECT_TRUE(fits_pattern("c?nv*1", "conv2/1"));
  EXPECT_TRUE(fits_pattern("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(fits_pattern("conv", "conv1"));
  EXPECT_FALSE(fits_pattern("?", ""));
  EXPECT_FALSE(fits_pattern("a*b", "a-b-c"));
}

TEST(Forms, WhatHasNoIntegerFormStaysFloatAndSaysSo) {
  const Outcome outcome = quantized({});
  EXPECT_THAT(outcome.operators(),
              ElementsAre("fully_connected", "reshape", "reshape", "fully_connected", "dequantize",
                          "div", "add", "quantize"));
  EXPECT_THAT(outcome.report.notes,
              ElementsAre("node 'odd' (div) stays float32: it has no int8 form"));
  EXPECT_EQ(outcome.graph.values[outcome.graph.outputs[1]].type.element, ir::ElementType::kInt8);
}

TEST(Forms, LayersThatTouchShareOneIsland) {
  const Outcome outcome = quantized({.float_layers = {"first", "second", "odd"}});
  EXPECT_THAT(outcome.operators(),
              ElementsAre("dequantize", "fully_connected", "reshape", "reshape", "fully_connected",
                          "div", "quantize", "quantize", "add", "quantize"));
  EXPECT_EQ(outcome.report.layers[0].computed_in, ir::ElementType::kFloat32);
  EXPECT_GT(outcome.report.layers[1].sqnr_db, quantized({}).report.layers[1].sqnr_db);
}

TEST(Forms, APatternNamesLayersOrOperators) {
  const Outcome outcome = quantized({.float_layers = {"fully_*"}});
  EXPECT_EQ(outcome.report.layers[0].computed_in, ir::ElementType::kFloat32);
  EXPECT_EQ(outcome.report.layers[5].computed_in, ir::ElementType::kInt8);
  QuantizeReport report;
  const auto wrong = quantize(chain(), samples(), {.float_layers = {"conv*"}}, report);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(wrong.error().message, HasSubstr("no layer fits 'conv*'; there are: first (fully"));
}

TEST(Forms, AllInFloatIsTheFloatGraphBetweenIntegers) {
  const Outcome outcome = quantized({.float_layers = {"*"}});
  EXPECT_GT(outcome.report.output_sqnr_db, 40);
  EXPECT_EQ(outcome.graph.values[outcome.graph.inputs[0]].type.element, ir::ElementType::kInt8);
}

TEST(Contributions, AddUpToOneAndBlameTheCoarseLayer) {
  // The first number is always zero, so that its huge weight only costs the others their codes.
  const auto graph = ir::parse(R"(graph "g" {
    input %x : f32[1,3]
    const %v : f32[3,3] = [1,0,0,0,1,0.5,0,0.5,1]
    const %w : f32[2,3] = [60,0.5,0.7,0,0.3,0.2]
    %a : f32[1,3] = fully_connected(%x, %v) name="fine"
    %b : f32[1,2] = fully_connected(%a, %w) name="coarse"
    output %b
  })");
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  CalibrationSamples some{{{}}, 8};
  for (int i = 0; i < 8; ++i) {
    some.inputs[0].insert(some.inputs[0].end(),
                          {0, 0.1F * static_cast<float>(i), 1 - 0.07F * static_cast<float>(i)});
  }
  QuantizeReport report;
  const auto done = quantize(*graph, some, {.contribution_samples = 8}, report);
  ASSERT_TRUE(done.ok()) << done.error().message;
  ASSERT_EQ(report.layers.size(), 2U);
  EXPECT_NEAR(*report.layers[0].noise_share + *report.layers[1].noise_share, 1, 1e-9);
  EXPECT_GT(*report.layers[1].noise_share, 0.9);
  EXPECT_GT(report.layers[1].largest_error, report.layers[0].largest_error);
  EXPECT_NEAR(report.layers[1].sqnr_db, report.output_sqnr_db, 1e-9);
}

TEST(Fallback, MakesTheNoisiestLayersFloatUntilItIsGoodEnough) {
  const double before = quantized({}).report.output_sqnr_db;
  const Outcome better = quantized({.least_output_sqnr_db = before + 1});
  EXPECT_GE(better.report.output_sqnr_db, before + 1);
  EXPECT_THAT(better.report.notes, Not(IsEmpty()));
  const Outcome best = quantized({.least_output_sqnr_db = 150});
  EXPECT_THAT(best.report.notes.back(), HasSubstr("out of reach"));
  EXPECT_EQ(quantized({.least_output_sqnr_db = 1}).report.notes.size(), 1U);
}

TEST(Int16, IsMuchFinerThanInt8) {
  const std::string statements = R"(graph "g" {
    input %x : f32[1,2,2,2]
    const %w : f32[3,1,1,2] = [0.5,-0.25,1,0.75,-0.5,0.3]
    const %b : f32[3] = [0.1,-0.2,0.3]
    const %v : f32[2,3] = [1,0.5,-0.25,0.5,0.25,1]
    %a : f32[1,2,2,3] = conv2d(%x, %w, %b) {activation="relu"} name="a"
    %m : f32[1,3] = mean(%a) {axes=[1,2], keep_dims=0} name="m"
    %s : f32[1,3] = sigmoid(%m) name="s"
    %d : f32[1,3] = div(%s, %m) name="d"
    %f : f32[1,2] = fully_connected(%d, %v) name="f"
    %t : f32[1,2] = tanh(%f) name="t"
    %y : f32[1,2] = softmax(%t) {axis=1} name="y"
    output %y
  })";
  const auto real = ir::parse(statements);
  ASSERT_TRUE(real.ok()) << real.error().message;
  CalibrationSamples some{{{}}, 16};
  for (int i = 0; i < 8 * 16; ++i) {
    some.inputs[0].push_back(1 + 0.01F * static_cast<float>(i * 37 % 100));
  }
  double sqnr_db[2] = {};
  for (const auto element : {ir::ElementType::kInt8, ir::ElementType::kInt16}) {
    QuantizeReport report;
    const auto done = quantize(*real, some, {.activations = element}, report);
    ASSERT_TRUE(done.ok()) << done.error().message;
    EXPECT_EQ(done->values[done->inputs[0]].type.element, element);
    EXPECT_EQ(done->values[done->outputs[0]].type.element, element);
    EXPECT_THAT(report.notes, ElementsAre(HasSubstr("node 'd' (div) stays float32")));
    for (const LayerError &layer : report.layers) {
      EXPECT_GT(layer.sqnr_db, 25) << layer.node << " " << static_cast<int>(element);
    }
    sqnr_db[element == ir::ElementType::kInt16 ? 1 : 0] = report.output_sqnr_db;
  }
  EXPECT_GT(sqnr_db[0], 30);
  EXPECT_GT(sqnr_db[1], sqnr_db[0] + 10);
}

} // namespace
} // namespace tinyml::quantize
