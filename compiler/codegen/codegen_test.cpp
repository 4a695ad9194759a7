// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/boxes.hpp"
#include "compiler/codegen/generate.hpp"
#include "compiler/codegen/pack.hpp"
#include "compiler/codegen/text.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/ir/types.hpp"

#include <gmock/gmock.h>

namespace tinyml::codegen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ir::Graph parsed(std::string_view text) {
  auto graph = ir::parse(text);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  return graph ? *graph : ir::Graph{};
}

Expected<GeneratedModule> generated(std::string_view text, const GenerateOptions &options = {}) {
  const ir::Graph graph = parsed(text);
  const auto plan = plan::make_plan(graph);
  EXPECT_TRUE(plan.ok()) << plan.error().message;
  return generate(graph, *plan, options);
}

std::string file(const GeneratedModule &module, const std::string &name) {
  for (const SourceFile &source : module.files) {
    if (source.name == name) {
      return source.text;
    }
  }
  return "no file " + name;
}

std::string error_of(std::string_view text, const GenerateOptions &options = {}) {
  const auto module = generated(text, options);
  return module ? "no error" : module.error().message;
}

constexpr std::string_view kTwoLayers = R"(graph "g" {
  input %x : i8[1,2,2,1] q(scale=0.5, zero=3)
  const %w : i8[2,1,1,1] q(scale=[0.5,0.25], zero=[0,0], axis=0) = [7,-9]
  const %b : i32[2] q(scale=[0.25,0.125], zero=[0,0], axis=0) = [100,200]
  %y : i8[1,2,2,2] q(scale=1, zero=-1) = conv2d(%x, %w, %b) {activation="relu"} name="/c1/Conv"
  %z : i8[1,2,2,2] q(scale=1, zero=-1) = relu(%y)
  output %z
}
)";

TEST(Generate, SaysShapesQuantisationAndCostOfEachLayer) {
  const auto module = generated(kTwoLayers);
  ASSERT_TRUE(module.ok()) << module.error().message;
  const std::string model = file(*module, "model.cpp");
  EXPECT_THAT(model, HasSubstr("// Step 0: conv2d /c1/Conv, 1x2x2x1 -> 1x2x2x2, 8 MACs"));
  EXPECT_THAT(model, HasSubstr("constexpr generic::Conv2d<generic::Int8Arithmetic> kLayer0 = {"));
  EXPECT_THAT(model, HasSubstr("/*padding=*/3"));
  EXPECT_THAT(model, HasSubstr("/*low=*/-1, /*high=*/127"));
  EXPECT_THAT(model,
              HasSubstr("generic::conv2d<generic::Int8Arithmetic>(kLayer0, at<std::int8_t>("));
  EXPECT_THAT(file(*module, "weights.hpp"),
              HasSubstr("extern const std::int8_t layer0_c1_Conv_filter[4];"));
  EXPECT_THAT(file(*module, "weights.cpp"), HasSubstr("7, -9, 0, 0,"));
  // The input's zero point 3 times each filter's weights is folded into the biases 100 and 200.
  EXPECT_THAT(file(*module, "weights.cpp"), HasSubstr("79, 227,"));
}

TEST(Generate, WritesArraysOfTheSameContentOnce) {
  const auto module = generated(R"(graph "g" {
  input %x : f32[1,2,2,2]
  const %w : f32[2,1,1,2] = [1,2,3,4]
  %y : f32[1,2,2,2] = conv2d(%x, %w)
  %z : f32[1,2,2,2] = conv2d(%y, %w)
  output %z
}
)");
  ASSERT_TRUE(module.ok()) << module.error().message;
  EXPECT_THAT(file(*module, "weights.hpp"),
              HasSubstr("inline constexpr const float (&layer1_filter)["));
  EXPECT_THAT(file(*module, "weights.hpp"), HasSubstr("] = layer0_filter;"));
  EXPECT_THAT(file(*module, "weights.cpp"), Not(HasSubstr("layer1_filter")));
  EXPECT_EQ(module->layers[1].weight_bytes, 0U);
  EXPECT_EQ(module->weight_bytes, module->layers[0].weight_bytes);
}

TEST(Generate, IncludesOnlyTheOperatorsUsed) {
  const auto module = generated(kTwoLayers);
  ASSERT_TRUE(module.ok());
  const std::string model = file(*module, "model.cpp");
  EXPECT_THAT(model, HasSubstr("#include \"kernels/generic/conv2d.hpp\""));
  EXPECT_THAT(model, Not(HasSubstr("fully_connected")));
}

TEST(Generate, ReportsWhatThePlanAndTheLayersCost) {
  const auto module = generated(kTwoLayers);
  ASSERT_TRUE(module.ok());
  EXPECT_EQ(module->macs, 8U);
  // Filter padded to a tile, two biases, two multipliers, two shifts.
  EXPECT_EQ(module->weight_bytes, 4U + 8U + 8U + 2U);
  ASSERT_EQ(module->layers.size(), 2U);
  EXPECT_EQ(module->layers[0].name, "/c1/Conv");
  EXPECT_EQ(module->layers[1].op, "relu");
  ASSERT_EQ(module->tensors.size(), 3U);
  EXPECT_EQ(module->tensors[0].type, "i8 1x2x2x1");
  EXPECT_EQ(module->arena_bytes, 9U);
}

TEST(Generate, GivesTheSameBytesEachTime) {
  const auto once = generated(kTwoLayers);
  const auto again = generated(kTwoLayers);
  ASSERT_TRUE(once.ok() && again.ok());
  for (std::size_t i = 0; i < once->files.size(); ++i) {
    EXPECT_EQ(once->files[i].text, again->files[i].text);
  }
}

TEST(Generate, CanFoldParametersIntoAnInstanceForEachLayer) {
  GenerateOptions options;
  options.instantiation = Instantiation::kPerLayer;
  const auto module = generated(kTwoLayers, options);
  ASSERT_TRUE(module.ok());
  EXPECT_THAT(file(*module, "model.cpp"),
              HasSubstr("generic::conv2d<generic::Int8Arithmetic>(generic::PerLayer<kLayer0>{}, "));
}

TEST(Generate, KeepsHostileNamesInsideLiteralsAndComments) {
  GenerateOptions options;
  options.model_name = "m\"; } int evil; /* ?\?/\n#include \"x\"";
  const auto module = generated(R"(graph "g" {
  input %x "in\"\x0a\\\x00put" : f32[1,4]
  %y "out" : f32[1,4] = relu(%x) name="*/\x0a#error evil\x5c"
  output %y
}
)",
                                options);
  ASSERT_TRUE(module.ok()) << module.error().message;
  const std::string model = file(*module, "model.cpp");
  EXPECT_THAT(model, HasSubstr(R"(/*name=*/"in\042\012\134\000put")"));
  EXPECT_THAT(
      model,
      HasSubstr(
          R"(/*name=*/"m\042\073 \175 int evil\073 /\052 \077\077/\012\043include \042x\042")"));
  EXPECT_THAT(model, Not(HasSubstr("\n#error")));
  EXPECT_THAT(model, Not(HasSubstr("\n#include \"x\"")));
  EXPECT_THAT(model, HasSubstr("relu */_#error evil_,"));
}

TEST(Generate, NamesOperatorAndNodeItCannotDo) {
  EXPECT_THAT(error_of(R"(graph "g" {
  input %x : f32[1,3,4,4]
  const %w : f32[2,3,1,1] = [1,2,3,4,5,6]
  %y : f32[1,2,4,4] = transpose_conv2d(%x, %w) {layout="NCHW"} name="up"
  output %y
}
)"),
              HasSubstr("node 'up' (transpose_conv2d): it needs an NHWC image"));
  EXPECT_THAT(error_of(R"(graph "g" {
  input %x : f32[1,4,6,6]
  const %w : f32[1,4,1,1] = [1,2,3,4]
  %y : f32[1,1,6,6] = conv2d(%x, %w) {layout="NCHW"} name="first"
  output %y
}
)"),
              HasSubstr("node 'first' (conv2d): the kernels take NHWC images"));
  EXPECT_THAT(error_of(R"(graph "g" {
  input %x : f32[1,4]
  input %w : f32[2,4]
  %y : f32[1,2] = fully_connected(%x, %w) name="dense"
  output %y
}
)"),
              HasSubstr("'dense' (fully_connected): its weights are computed"));
}

TEST(Generate, RefusesAnInstructionSetWithoutKernels) {
  GenerateOptions options;
  options.isa = "../../etc";
  EXPECT_THAT(error_of(kTwoLayers, options), HasSubstr("there are: scalar"));
}

TEST(Generate, RefusesAPlanOfAnotherGraph) {
  const ir::Graph graph = parsed(kTwoLayers);
  const auto module = generate(graph, plan::MemoryPlan{}, {});
  ASSERT_FALSE(module.ok());
  EXPECT_EQ(module.error().code, ErrorCode::kInvalidInput);
}

TEST(Pack, InterleavesTilesAndFillsTheLastOneWithZeros) {
  const ir::ConstantData rows = {1, 2, 3, 4, 5, 6}; // three filters of two
  constexpr ProductPacking kPairs = {2, 1, 1, 1, 1, 0};
  EXPECT_THAT(pack_dense(rows, {1, 3, 2}, 1, kPairs), ElementsAre(1, 3, 2, 4, 5, 0, 6, 0));
  EXPECT_THAT(pack_dense(rows, {3, 1, 2}, 1, kPairs),
              ElementsAre(1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0));
}

TEST(Pack, BlocksInputsAndFillsTheLastBlockWithZeros) {
  const ir::ConstantData rows = {1, 2, 3, 4, 5, 6}; // two filters of three
  constexpr ProductPacking kBlocks = {2, 2, 4, 1, 1, 0};
  EXPECT_THAT(pack_dense(rows, {1, 2, 3}, 1, kBlocks), ElementsAre(1, 2, 4, 5, 3, 0, 6, 0));
}

TEST(Pack, DepthwiseKeepsTheRestChannelByChannel) {
  const ir::ConstantData taps = {1, 2, 3, 4, 5, 6}; // two taps of three channels
  EXPECT_THAT(pack_depthwise(taps, {2, 1, 3}, 1, {2, 1, 1, false, 0, false}),
              ElementsAre(1, 2, 4, 5, 3, 6));
}

TEST(Pack, DepthwiseKeepsBlocksOfTapsTogetherAndFillsUpWithZeros) {
  const ir::ConstantData taps = {1, 2, 3, 4, 5, 6, 7, 8, 9}; // three taps of three channels
  EXPECT_THAT(pack_depthwise(taps, {1, 3, 3}, 1, {2, 2, 2, true, 0, false}),
              ElementsAre(1, 4, 2, 5, 7, 0, 8, 0, 3, 6, 0, 0, 9, 0, 0, 0));
}

TEST(Pack, DepthwiseEndsEachColumnWithAWholeBlock) {
  const ir::ConstantData taps = {1, 2, 3, 4, 5, 6}; // three rows of two taps, one channel
  EXPECT_THAT(pack_depthwise(taps, {3, 2, 1}, 1, {1, 1, 2, true, 0, true}),
              ElementsAre(1, 3, 5, 0, 2, 4, 6, 0));
}

TEST(Boxes, JoinAxesThatBothTensorsWalkWithoutAJump) {
  const auto whole = joined({{2, 12, 12}, {1, 7, 7}, {3, 4, 4}, {4, 1, 1}});
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].length, 24);
  EXPECT_EQ(joined({{2, 12, 0}, {12, 1, 1}}).size(), 2U);
  EXPECT_EQ(joined({{1, 5, 5}}).size(), 1U);
}

TEST(Text, WritesFloatsThatReadBackExactly) {
  EXPECT_EQ(float_literal(1), "1.0F");
  EXPECT_EQ(float_literal(0.1F), "0.1F");
  EXPECT_EQ(float_literal(1e-30F), "1e-30F");
  EXPECT_EQ(float_literal(-INFINITY), "-std::numeric_limits<float>::infinity()");
}

TEST(Text, MakesIdentifiersOfAnything) {
  EXPECT_EQ(identifier_part("/c1/Conv__2!"), "c1_Conv_2");
  EXPECT_EQ(identifier_part("\xff\xfe"), "");
  EXPECT_EQ(identifier_part(std::string(100, 'a')).size(), 40U);
}

} // namespace
} // namespace tinyml::codegen
