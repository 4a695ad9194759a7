// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/passes.hpp"

#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/ir/verify.hpp"

#include <gmock/gmock.h>

#include <random>

namespace tinyml::passes {
namespace {

using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointwise;

/// Statements between the braces of a printed graph.
std::string graph_text(const std::string &statements) {
  return "graph \"g\" {\n" + statements + "}\n";
}

std::vector<std::vector<float>> random_inputs(const ir::Graph &graph) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> numbers(-2, 2);
  std::vector<std::vector<float>> inputs;
  for (const ir::ValueId id : graph.inputs) {
    inputs.emplace_back(static_cast<std::size_t>(ir::element_count(graph.values[id].type.shape)));
    std::generate(inputs.back().begin(), inputs.back().end(), [&] { return numbers(random); });
  }
  return inputs;
}

void expect_same_results(const ir::Graph &before, const ir::Graph &after) {
  const auto inputs = random_inputs(before);
  const auto expected = interpret::run_float(before, inputs);
  const auto actual = interpret::run_float(after, inputs);
  ASSERT_TRUE(expected.ok()) << expected.error().message;
  ASSERT_TRUE(actual.ok()) << actual.error().message;
  ASSERT_EQ(expected->size(), actual->size());
  for (std::size_t i = 0; i < expected->size(); ++i) {
    EXPECT_THAT((*actual)[i], Pointwise(FloatNear(1e-4F), (*expected)[i]));
  }
}

/// The printed graph after a pass; checks that it computes what it did before.
std::string after(Pass pass, const std::string &statements) {
  const auto graph = ir::parse(graph_text(statements));
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  if (!graph) {
    return "";
  }
  ir::Graph changed = *graph;
  const auto done = pass(changed);
  EXPECT_TRUE(done.ok()) << done.error().message;
  const auto verified = ir::verify(changed);
  EXPECT_TRUE(verified.ok()) << verified.error().message << ir::print(changed);
  expect_same_results(*graph, changed);
  return ir::print(changed);
}

/// A graph that the pass must leave as it is.
void expect_untouched(Pass pass, const std::string &statements) {
  EXPECT_EQ(after(pass, statements), graph_text(statements));
}

/// A layer of two channels, the first of which has the given weights and bias.
std::string two_channels(const std::string &weights, const std::string &bias) {
  return "  input %x : f32[1,1,1,2]\n"
         "  const %w : i8[2,1,1,2] q(scale=[1e-12,0.5], zero=[0,0], axis=0) = [" +
         weights +
         ",3,-4]\n"
         "  const %b : i32[2] q(scale=[5e-13,0.25], zero=[0,0], axis=0) = [" +
         bias +
         ",7]\n"
         "  %q : i8[1,1,1,2] q(scale=0.5, zero=1) = quantize(%x)\n"
         "  %y : i8[1,1,1,2] q(scale=1e-04, zero=-3) = conv2d(%q, %w, %b)\n"
         "  %z : f32[1,1,1,2] = dequantize(%y)\n"
         "  output %z\n";
}

TEST(SettleConstantChannels, LeavesRoomForSums) {
  EXPECT_THAT(after(settle_constant_channels, two_channels("0,0", "1073741824")),
              HasSubstr("= [20,7]")); // 2^30 * 5e-13 is 5.4 steps of the output
  EXPECT_THAT(after(settle_constant_channels, two_channels("0,0", "-1073741824")),
              HasSubstr("= [-20,7]"));
}

TEST(SettleConstantChannels, DoesNotTouchWhatDependsOnTheInput) {
  expect_untouched(settle_constant_channels, two_channels("0,1", "1073741824"));
  expect_untouched(settle_constant_channels, two_channels("0,0", "1000"));
}

TEST(FoldConstants, ComputesWhatIsKnown) {
  EXPECT_EQ(after(fold_constants, "  input %x : f32[2]\n  const %a : f32[2] = [1,2]\n"
                                  "  %b : f32[2] = add(%a, %a)\n  %y : f32[2] = add(%x, %b)\n"
                                  "  output %y\n"),
            graph_text("  input %x : f32[2]\n  const %b : f32[2] = [2,4]\n"
                       "  %y : f32[2] = add(%x, %b)\n  output %y\n"));
}

TEST(FoldConstants, LeavesInputsAlone) {
  expect_untouched(fold_constants, "  input %x : f32[2]\n  const %a : f32[1] = [1]\n"
                                   "  %y : f32[2] = add(%x, %a)\n  output %y\n");
}

TEST(Simplify, JoinsReshapesTransposesAndClamps) {
  EXPECT_EQ(after(simplify, "  input %x : f32[2,3]\n  %a : f32[6] = reshape(%x)\n"
                            "  %b : f32[3,2] = reshape(%a)\n  %c : f32[3,2] = relu(%b)\n"
                            "  %y : f32[3,2] = clip(%c) {max=6.0}\n  output %y\n"),
            graph_text("  input %x : f32[2,3]\n  %1 \"\" : f32[3,2] = reshape(%x)\n"
                       "  %y : f32[3,2] = clip(%1) {max=6.0, min=0.0}\n  output %y\n"));
  EXPECT_EQ(after(simplify, "  input %x : f32[2,3,4]\n"
                            "  %a : f32[3,2,4] = transpose(%x) {permutation=[1,0,2]}\n"
                            "  %b : f32[2,3,4] = transpose(%a) {permutation=[1,0,2]}\n"
                            "  %y : f32[2,3,4] = relu(%b)\n  output %y\n"),
            graph_text("  input %x : f32[2,3,4]\n  %y : f32[2,3,4] = relu(%x)\n  output %y\n"));
}

TEST(Simplify, MakesATransposeThatMovesNothingAReshape) {
  EXPECT_THAT(after(simplify, "  input %x : f32[1,1,4,5]\n"
                              "  %y : f32[1,4,5,1] = transpose(%x) {permutation=[0,2,3,1]}\n"
                              "  output %y\n"),
              HasSubstr("%y : f32[1,4,5,1] = reshape(%x)"));
}

TEST(Simplify, KeepsWhatMatters) {
  expect_untouched(simplify, "  input %x : f32[2,3]\n"
                             "  %y : f32[3,2] = transpose(%x) {permutation=[1,0]}\n  output %y\n");
  expect_untouched(simplify, "  input %x : f32[2]\n  %a : f32[2] = clip(%x) {max=-1.0}\n"
                             "  %y : f32[2] = relu(%a)\n  output %y\n");
}

TEST(Simplify, AnOutputKeepsItsNameEvenWhenItIsAnInput) {
  EXPECT_EQ(
      after(simplify, "  input %x : f32[2]\n  %y : f32[2] = reshape(%x)\n  output %y\n"),
      graph_text("  input %x : f32[2]\n  %y : f32[2] = reshape(%x) name=\"y\"\n  output %y\n"));
}

const std::string layer_input = "  input %x : f32[1,2]\n  const %w : f32[2,2] = [1,2,3,4]\n"
                                "  const %b : f32[2] = [1,-1]\n";

TEST(FuseActivation, ReluAndRelu6BecomeTheLayers) {
  EXPECT_THAT(after(fuse_activation, layer_input + "  %a : f32[1,2] = fully_connected(%x, %w, %b)\n"
                                                   "  %y : f32[1,2] = relu(%a)\n  output %y\n"),
              HasSubstr("%y : f32[1,2] = fully_connected(%x, %w, %b) {activation=\"relu\"}"));
  EXPECT_THAT(after(fuse_activation, "  input %x : f32[2]\n  %a : f32[2] = add(%x, %x)\n"
                                     "  %y : f32[2] = clip(%a) {max=6.0, min=0.0}\n  output %y\n"),
              HasSubstr("add(%x, %x) {activation=\"relu6\"}"));
}

TEST(FuseActivation, NotWhenSomeoneElseReadsTheLayerOrTheClampIsAnother) {
  expect_untouched(fuse_activation, layer_input + "  %a : f32[1,2] = fully_connected(%x, %w, %b)\n"
                                                  "  %y : f32[1,2] = relu(%a)\n  output %y\n"
                                                  "  output %a\n");
  expect_untouched(fuse_activation, layer_input + "  %a : f32[1,2] = fully_connected(%x, %w, %b)\n"
                                                  "  %y : f32[1,2] = clip(%a) {max=5.0, min=0.0}\n"
                                                  "  output %y\n");
  expect_untouched(fuse_activation,
                   layer_input +
                       "  %a : f32[1,2] = fully_connected(%x, %w, %b) {activation=\"relu\"}\n"
                       "  %y : f32[1,2] = clip(%a) {max=6.0, min=0.0}\n  output %y\n");
}

TEST(FuseBias, AddsTheConstantOfEachChannel) {
  EXPECT_THAT(after(fuse_bias, layer_input + "  %a : f32[1,2] = fully_connected(%x, %w, %b)\n"
                                             "  const %c : f32[2] = [10,20]\n"
                                             "  %y : f32[1,2] = add(%c, %a) {activation=\"relu\"}\n"
                                             "  output %y\n"),
              HasSubstr("= [11,19]"));
  expect_untouched(fuse_bias, "  input %x : f32[2,2]\n  const %w : f32[2,2] = [1,2,3,4]\n"
                              "  const %c : f32[2,1] = [10,20]\n"
                              "  %a : f32[2,2] = fully_connected(%x, %w)\n"
                              "  %y : f32[2,2] = add(%a, %c)\n  output %y\n");
}

const std::string batch_norm_constants =
    "  const %s : f32[2] = [2,3]\n  const %o : f32[2] = [1,-1]\n"
    "  const %m : f32[2] = [0.5,0.25]\n  const %v : f32[2] = [4,9]\n";

TEST(FuseBatchNorm, ScalesConvolutionAndFullyConnectedWeights) {
  const std::string convolution =
      after(fuse_batch_norm, "  input %x : f32[1,1,2,2]\n  const %w : f32[2,1,1,1] = [1,2]\n" +
                                 batch_norm_constants +
                                 "  %a : f32[1,2,2,2] = conv2d(%x, %w) {layout=\"NCHW\"}\n"
                                 "  %y : f32[1,2,2,2] = batch_norm(%a, %s, %o, %m, %v)\n"
                                 "  output %y\n");
  EXPECT_THAT(convolution, Not(HasSubstr("batch_norm")));
  EXPECT_THAT(
      after(fuse_batch_norm, layer_input + batch_norm_constants +
                                 "  %a : f32[1,2] = fully_connected(%x, %w, %b)\n"
                                 "  %y : f32[1,2] = batch_norm(%a, %s, %o, %m, %v)\n  output %y\n"),
      Not(HasSubstr("batch_norm")));
}

TEST(FuseBatchNorm, NotBehindAnActivationOrAnotherAxis) {
  const std::string head =
      "  input %x : f32[1,2]\n  const %w : f32[2,2] = [1,2,3,4]\n" + batch_norm_constants;
  expect_untouched(fuse_batch_norm,
                   head + "  %a : f32[1,2] = fully_connected(%x, %w) {activation=\"relu\"}\n"
                          "  %y : f32[1,2] = batch_norm(%a, %s, %o, %m, %v)\n  output %y\n");
  expect_untouched(fuse_batch_norm, "  input %x : f32[1,2,2]\n"
                                    "  const %w : f32[2,2] = [1,2,3,4]\n" +
                                        batch_norm_constants +
                                        "  %a : f32[1,2,2] = fully_connected(%x, %w)\n"
                                        "  %y : f32[1,2,2] = batch_norm(%a, %s, %o, %m, %v)\n"
                                        "  output %y\n");
}

TEST(LowerBatchNorm, BecomesADepthwiseConvolution) {
  for (const char *shape : {"[1,2]", "[3,2,4]", "[1,2,3,3]"}) {
    const std::string type = std::string("f32") + shape;
    std::string statements = "  input %x : ";
    statements.append(type).append("\n").append(batch_norm_constants).append("  %y : ");
    statements.append(type).append(" = batch_norm(%x, %s, %o, %m, %v)\n  output %y\n");
    EXPECT_THAT(after(run_default_passes, statements), HasSubstr("depthwise_conv2d")) << shape;
  }
}

TEST(MakeFullyConnected, FromAProductWithAConstant) {
  const std::string text =
      after(run_default_passes, "  input %a : f32[2,3]\n  const %b : f32[3,2] = [1,2,3,4,5,6]\n"
                                "  %y : f32[2,2] = matmul(%a, %b)\n  output %y\n");
  EXPECT_THAT(text, HasSubstr("= [1,3,5,2,4,6]"));
  EXPECT_THAT(text, HasSubstr("%y : f32[2,2] = fully_connected(%a, %b)"));
  expect_untouched(make_fully_connected, "  input %a : f32[2,3]\n  input %b : f32[3,2]\n"
                                         "  %y : f32[2,2] = matmul(%a, %b)\n  output %y\n");
}

const std::string padded_convolution = "  input %x : f32[1,1,3,3]\n"
                                       "  const %w : f32[1,1,2,2] = [1,2,3,4]\n";

TEST(FoldPad, ZerosBeforeAConvolution) {
  EXPECT_THAT(after(fold_pad, padded_convolution +
                                  "  %p : f32[1,1,5,4] = pad(%x) {pads=[0,0,1,1,0,0,1,0]}\n"
                                  "  %y : f32[1,1,4,3] = conv2d(%p, %w) {layout=\"NCHW\"}\n"
                                  "  output %y\n"),
              HasSubstr("conv2d(%x, %w) {layout=\"NCHW\", pads=[1,1,1,0]}"));
}

TEST(FoldPad, ZerosBeforeAMaximumOnlyBehindAClamp) {
  const std::string pool = "  %y : f32[1,1,3,3] = max_pool2d(%p) {kernel=[2,2], layout=\"NCHW\"}\n"
                           "  output %y\n";
  const std::string input = "  input %x : f32[1,1,3,3]\n";
  EXPECT_THAT(after(fold_pad, input +
                                  "  %r : f32[1,1,3,3] = relu(%x)\n"
                                  "  %p : f32[1,1,4,4] = pad(%r) {pads=[0,0,1,1,0,0,0,0]}\n" +
                                  pool),
              Not(HasSubstr("pad(")));
  expect_untouched(fold_pad,
                   input + "  %p : f32[1,1,4,4] = pad(%x) {pads=[0,0,1,1,0,0,0,0]}\n" + pool);
}

TEST(FoldPad, NotOtherNumbersOtherAxesOrAverages) {
  expect_untouched(fold_pad,
                   padded_convolution +
                       "  %p : f32[1,1,4,4] = pad(%x) {pads=[0,0,1,1,0,0,0,0], value=1.0}\n"
                       "  %y : f32[1,1,3,3] = conv2d(%p, %w) {layout=\"NCHW\"}\n"
                       "  output %y\n");
  expect_untouched(fold_pad,
                   "  input %x : f32[1,1,3,3]\n  const %w : f32[1,2,1,1] = [1,2]\n"
                   "  %p : f32[1,2,3,3] = pad(%x) {pads=[0,1,0,0,0,0,0,0]}\n"
                   "  %y : f32[1,1,3,3] = conv2d(%p, %w) {layout=\"NCHW\"}\n  output %y\n");
  expect_untouched(fold_pad,
                   "  input %x : f32[1,1,3,3]\n"
                   "  %p : f32[1,1,4,4] = pad(%x) {pads=[0,0,1,1,0,0,0,0]}\n"
                   "  %y : f32[1,1,3,3] = average_pool2d(%p) {kernel=[2,2], layout=\"NCHW\"}\n"
                   "  output %y\n");
}

TEST(ConvertLayout, MovesDataOnlyAtTheEnds) {
  const std::string text =
      after(run_default_passes,
            "  input %x : f32[1,2,4,4]\n  const %w : f32[2,2,1,1] = [1,2,3,4]\n"
            "  const %c : f32[2,1,1] = [5,6]\n"
            "  %a : f32[1,2,4,4] = conv2d(%x, %w) {layout=\"NCHW\"}\n"
            "  %r : f32[1,2,4,4] = sigmoid(%a)\n  %m : f32[1,2,4,4] = mul(%r, %c)\n"
            "  %p : f32[1,2,6,4] = pad(%m) {pads=[0,0,1,0,0,0,1,0]}\n"
            "  %y : f32[1,2,3,2] = max_pool2d(%p) {kernel=[2,2], strides=[2,2], layout=\"NCHW\"}\n"
            "  output %y\n");
  EXPECT_THAT(text, HasSubstr("f32[1,4,4,2] = transpose(%x) {permutation=[0,2,3,1]}"));
  EXPECT_THAT(text, HasSubstr("%y : f32[1,2,3,2] = transpose("));
  EXPECT_THAT(text, HasSubstr("f32[1,6,4,2] = pad("));
  EXPECT_THAT(text, Not(HasSubstr("NCHW")));
}

TEST(ConvertLayout, SortsWeightsBehindAFlatten) {
  const std::string text =
      after(run_default_passes, "  input %x : f32[1,1,2,2]\n  const %w : f32[2,1,1,1] = [1,2]\n"
                                "  const %f : f32[1,8] = [1,2,3,4,5,6,7,8]\n"
                                "  %a : f32[1,2,2,2] = conv2d(%x, %w) {layout=\"NCHW\"}\n"
                                "  %s : f32[1,8] = reshape(%a)\n  %t : f32[1,8] = tanh(%s)\n"
                                "  %y : f32[1,1] = fully_connected(%t, %f)\n  output %y\n");
  EXPECT_THAT(text, HasSubstr("= [1,5,2,6,3,7,4,8]"));
  EXPECT_THAT(text, Not(HasSubstr("transpose")));
}

TEST(ConvertLayout, KeepsTheOrderOfAFlattenThatIsAnOutput) {
  const std::string text =
      after(run_default_passes, "  input %x : f32[1,1,2,2]\n  const %w : f32[2,1,1,1] = [1,2]\n"
                                "  %a : f32[1,2,2,2] = conv2d(%x, %w) {layout=\"NCHW\"}\n"
                                "  %s : f32[1,8] = reshape(%a)\n  output %s\n");
  EXPECT_THAT(text, HasSubstr("transpose"));
}

TEST(ConvertLayout, CancelsTheModelsOwnTransposes) {
  const std::string text =
      after(run_default_passes, "  input %x : f32[1,4,4,2]\n  const %w : f32[2,2,1,1] = [1,2,3,4]\n"
                                "  %t : f32[1,2,4,4] = transpose(%x) {permutation=[0,3,1,2]}\n"
                                "  %a : f32[1,2,4,4] = conv2d(%t, %w) {layout=\"NCHW\"}\n"
                                "  %y : f32[1,4,4,2] = transpose(%a) {permutation=[0,2,3,1]}\n"
                                "  output %y\n");
  EXPECT_THAT(text, Not(HasSubstr("transpose")));
}

TEST(ConvertLayout, MakesDepthwiseConvolutions) {
  EXPECT_THAT(after(run_default_passes,
                    "  input %x : f32[1,2,3,3]\n  const %w : f32[4,1,1,2] = [1,2,3,4,5,6,7,8]\n"
                    "  %y : f32[1,4,3,2] = conv2d(%x, %w) {groups=2, layout=\"NCHW\"}\n"
                    "  output %y\n"),
              HasSubstr("depthwise_conv2d"));
}

TEST(ConvertLayout, TakesSoftmaxAndMeanAlong) {
  const std::string text =
      after(run_default_passes, "  input %x : f32[1,1,3,3]\n  const %w : f32[2,1,1,1] = [1,2]\n"
                                "  %a : f32[1,2,3,3] = conv2d(%x, %w) {layout=\"NCHW\"}\n"
                                "  %m : f32[1,2] = mean(%a) {axes=[2,3], keep_dims=0}\n"
                                "  output %m\n");
  EXPECT_THAT(text, HasSubstr("axes=[1,2]"));
  EXPECT_THAT(text, Not(HasSubstr("transpose")));
}

TEST(AbsorbFakeQuantization, RemembersTheScale) {
  EXPECT_EQ(after(absorb_fake_quantization,
                  "  const %w : i8[2] q(scale=[0.5,0.25], zero=[0,0], axis=0) = [2,4]\n"
                  "  %y : f32[2] = dequantize(%w)\n  %z : f32[2] = relu(%y)\n  output %z\n"),
            graph_text("  const %w : f32[2] q(scale=[0.5,0.25], zero=[0,0], axis=0) = [1,1]\n"
                       "  %z : f32[2] = relu(%w)\n  output %z\n"));
}

TEST(RemoveDeadCode, DropsWhatNobodyReads) {
  EXPECT_THAT(after(remove_dead_code, "  input %x : f32[2]\n  %d : f32[2] = tanh(%x)\n"
                                      "  %y : f32[2] = relu(%x)\n  output %y\n"),
              Not(HasSubstr("tanh")));
}

} // namespace
} // namespace tinyml::passes
