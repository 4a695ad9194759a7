// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/quantize.hpp"

#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/passes/passes.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace tinyml::quantize {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Gt;
using ::testing::HasSubstr;

ir::Graph parsed(const std::string &statements) {
  auto graph = ir::parse("graph \"g\" {\n" + statements + "}\n");
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  return graph ? *graph : ir::Graph{};
}

CalibrationSamples samples_between(float low, float high, std::size_t numbers, std::size_t count) {
  std::mt19937 random(11);
  std::uniform_real_distribution<float> values(low, high);
  CalibrationSamples samples{{std::vector<float>(numbers * count)}, count};
  std::generate(samples.inputs[0].begin(), samples.inputs[0].end(), [&] { return values(random); });
  samples.inputs[0][0] = low;
  samples.inputs[0][1] = high;
  return samples;
}

const QuantizeOptions kMinMaxOptions{.range = {.method = RangeMethod::kMinMax}};

ir::Graph quantized(const std::string &statements, const CalibrationSamples &samples,
                    const QuantizeOptions &options = kMinMaxOptions) {
  QuantizeReport report;
  auto graph = quantize(parsed(statements), samples, options, report);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  return graph ? *graph : ir::Graph{};
}

const ir::Quantization &quantization_of_output(const ir::Graph &graph) {
  return *graph.values[graph.outputs[0]].type.quantization;
}

TEST(QuantizationFor, KeepsZeroExact) {
  EXPECT_EQ(quantization_for(0, 1), (ir::Quantization{{1.0F / 255}, {-128}, -1}));
  EXPECT_EQ(quantization_for(0.5, 1), (ir::Quantization{{1.0F / 255}, {-128}, -1}));
  EXPECT_EQ(quantization_for(-1, 0), (ir::Quantization{{1.0F / 255}, {127}, -1}));
  EXPECT_EQ(quantization_for(-2, 2).zero_points[0], -1); // -0.5, away from zero
  EXPECT_GT(quantization_for(0, 0).scales[0], 0);
}

TEST(Quantize, WeightsPerChannelBiasAtTheProductsScale) {
  const ir::Graph graph =
      quantized("  input %x : f32[1,1,1,2]\n  const %w : f32[2,1,1,2] = [1.27,-0.5,12.7,3]\n"
                "  const %b : f32[2] = [1,-1]\n"
                "  %y : f32[1,1,1,2] = conv2d(%x, %w, %b) {activation=\"relu\"}\n  output %y\n",
                samples_between(0, 1, 2, 50));
  const ir::Node &conv = graph.nodes[0];
  const ir::Value &weights = graph.values[conv.inputs[1]];
  const ir::Value &bias = graph.values[conv.inputs[2]];
  EXPECT_EQ(weights.type.quantization->axis, 0);
  EXPECT_NEAR(weights.type.quantization->scales[0], 0.01F, 1e-7);
  EXPECT_NEAR(weights.type.quantization->scales[1], 0.1F, 1e-7);
  EXPECT_THAT(ir::elements_of<std::int8_t>(weights), ElementsAre(127, -50, 127, 30));
  EXPECT_THAT(ir::elements_of<std::int32_t>(bias), ElementsAre(25500, -2550));
  EXPECT_EQ(bias.type.quantization->scales[1], weights.type.quantization->scales[1] * (1.0F / 255));
  EXPECT_EQ(quantization_of_output(graph).zero_points[0], -128);
}

TEST(Quantize, InputsAndOutputsBecomeInt8AndKeepTheirNames) {
  const ir::Graph graph = quantized("  input %image : f32[1,4]\n"
                                    "  %scores : f32[1,4] = softmax(%image) {axis=1}\n"
                                    "  output %scores\n  output %image\n",
                                    samples_between(-3, 3, 4, 10));
  EXPECT_EQ(graph.values[graph.inputs[0]].name, "image");
  EXPECT_EQ(graph.values[graph.outputs[0]].name, "scores");
  EXPECT_EQ(graph.values[graph.outputs[0]].type.element, ir::ElementType::kInt8);
  EXPECT_EQ(quantization_of_output(graph), (ir::Quantization{{1.0F / 256}, {-128}, -1}));
}

TEST(Quantize, ScalesThatTheModelGivesAreKept) {
  const ir::Graph graph =
      quantized("  input %x : f32[1,2] q(scale=0.5, zero=7)\n"
                "  const %w : f32[2,2] q(scale=0.25, zero=0) = [1,2,3,4]\n"
                "  %a : f32[1,2] q(scale=2, zero=-9) = fully_connected(%x, %w)\n"
                "  %y : f32[2,1] q(scale=4, zero=1) = reshape(%a)\n  output %y\n",
                samples_between(-1, 1, 2, 10));
  EXPECT_EQ(graph.values[graph.inputs[0]].type.quantization, (ir::Quantization{{0.5F}, {7}, -1}));
  EXPECT_EQ(quantization_of_output(graph), (ir::Quantization{{4}, {1}, -1}));
  EXPECT_EQ(graph.nodes.back().op, ir::Op::kRequantize);
  const ir::Value &weights = graph.values[graph.nodes[0].inputs[1]];
  EXPECT_THAT(ir::elements_of<std::int8_t>(weights), ElementsAre(4, 8, 12, 16));
}

TEST(Quantize, AClampThatReadsAloneLendsItsRange) {
  const ir::Graph graph = quantized("  input %x : f32[1,2]\n  const %w : f32[2,2] = [1,0,0,1]\n"
                                    "  %a : f32[1,2] = fully_connected(%x, %w)\n"
                                    "  %y : f32[1,2] = clip(%a) {max=0.5, min=0.0}\n  output %y\n",
                                    samples_between(-4, 4, 2, 50));
  EXPECT_NEAR(quantization_of_output(graph).scales[0], 0.5F / 255, 1e-6);
}

TEST(Quantize, FollowsTheFloatGraphLayerByLayer) {
  const std::string statements =
      "  input %x : f32[1,6,6,2]\n"
      "  const %w : f32[2,1,1,2] = [0.5,-0.25,1,0.75]\n  const %c : f32[2] = [0.5,0.25]\n"
      "  %a : f32[1,6,6,2] = conv2d(%x, %w) {activation=\"relu6\"} name=\"a\"\n"
      "  %p : f32[1,8,8,2] = pad(%a) {pads=[0,1,1,0,0,1,1,0]} name=\"p\"\n"
      "  %m : f32[1,4,4,2] = average_pool2d(%p) {kernel=[2,2], strides=[2,2]} name=\"m\"\n"
      "  %s : f32[1,4,4,2] = sub(%m, %c) name=\"s\"\n"
      "  %q : f32[1,4,4,2] = mul(%s, %m) name=\"q\"\n"
      "  %k : f32[1,4,4,4] = concat(%q, %m) {axis=3} name=\"k\"\n"
      "  %t : f32[1,4,4,4] = transpose(%k) {permutation=[0,3,1,2]} name=\"t\"\n  output %t\n";
  QuantizeReport report;
  const auto graph = quantize(parsed(statements), samples_between(-2, 2, 72, 20), {}, report);
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_EQ(report.calibration_samples, 20U);
  ASSERT_EQ(report.layers.size(), 7U);
  EXPECT_EQ(report.layers[0].node, "a");
  EXPECT_THAT(report.layers, Each(Field(&LayerError::sqnr_db, Gt(28.0))));
}

TEST(Quantize, SurvivesLayersThatAreAlwaysZero) {
  const ir::Graph graph =
      quantized("  input %x : f32[1,2]\n  const %w : f32[2,2] = [0,0,0,0]\n"
                "  const %b : f32[2] = [0,1000000]\n"
                "  %a : f32[1,2] = fully_connected(%x, %w, %b)\n  const %z : f32[2] = [0,0]\n"
                "  %y : f32[1,2] = mul(%a, %z)\n  output %y\n",
                samples_between(-1, 1, 2, 4));
  EXPECT_TRUE(interpret::Interpreter::prepare(graph).ok());
}

std::string quantize_error(const std::string &statements, const CalibrationSamples &samples) {
  QuantizeReport report;
  const auto graph = quantize(parsed(statements), samples, {}, report);
  return graph ? "quantised without an error" : graph.error().message;
}

TEST(Quantize, SaysWhatItCannotDo) {
  const std::string relu = "  input %x : f32[2]\n  %y : f32[2] = relu(%x)\n  output %y\n";
  EXPECT_THAT(quantize_error(relu, {}), HasSubstr("at least one calibration sample"));
  EXPECT_THAT(quantize_error(relu, {{{1, 2, 3}}, 1}), HasSubstr("3 numbers; 1 samples need 2"));
  EXPECT_THAT(quantize_error(relu, {{{INFINITY, 0}}, 1}), HasSubstr("becomes infinite"));
  EXPECT_THAT(quantize_error(relu, {{{NAN, 0}}, 1}), HasSubstr("becomes infinite"));
}

} // namespace
} // namespace tinyml::quantize
