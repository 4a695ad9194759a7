// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/ir/verify.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace tinyml::ir {
namespace {

using ::testing::HasSubstr;

Graph parsed(std::string_view text) {
  auto graph = parse(text);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  return graph ? *graph : Graph{};
}

std::string parse_error(std::string_view text) {
  const auto graph = parse(text);
  return graph ? "parsed without an error" : graph.error().message;
}

constexpr std::string_view kConvolution = R"(graph "g" {
  input %x : f32[1,6,6,2]
  const %w : f32[4,1,1,1] = [1,-2.5,1e-09,3]
  const %b : f32[4] = [0.1,-2.5,1e+30,inf]
  %y : f32[1,3,3,4] = conv2d(%x, %w, %b) {activation="relu6", groups=2, pads=[0,0,0,0], strides=[2,2]} name="/c1/Conv"
  output %y
}
)";

TEST(Text, PrintsWhatItParsed) { EXPECT_EQ(print(parsed(kConvolution)), kConvolution); }

TEST(Text, RoundTripsQuantisationAttributesAndAnyName) {
  Graph graph;
  graph.name = "q\"uo\\te\n\xC3\xA9";
  const Quantization q{{0.1F, 1e-7F}, {-3, 0}, 1};
  const ValueId x = add_input(graph, "a b", {ElementType::kFloat32, {1, 2}, q});
  add_constant(graph, "", {ElementType::kInt8, {2}, {}}, {0x80, 0x7F});
  add_constant(graph, "a b", {ElementType::kFloat32, {1}, {}}, constant_data<float>({NAN}));
  add_constant(graph, "17", {ElementType::kInt64, {2}, {}},
               constant_data<std::int64_t>({INT64_MIN, INT64_MAX}));
  graph.outputs = {
      *add_node(graph, {Op::kClip, {x}, {{"min", -kInfinity}, {"max", 6.0}}, "n\x01"})};
  const std::string text = print(graph);
  const Graph again = parsed(text);
  EXPECT_TRUE(equal(graph, again)) << text;
  EXPECT_EQ(print(again), text);
}

TEST(Text, LargeConstantsKeepEveryBit) {
  std::vector<float> elements;
  elements.reserve(100);
  for (int i = 0; i < 100; ++i) {
    elements.push_back(std::ldexp(1.0F / static_cast<float>(i + 3), i - 50));
  }
  for (const std::size_t count : {std::size_t{16}, std::size_t{17}, elements.size()}) {
    Graph graph;
    const std::vector<float> part(elements.begin(), elements.begin() + static_cast<long>(count));
    graph.outputs = {add_float_constant(graph, "w", {static_cast<std::int64_t>(count)}, part)};
    EXPECT_TRUE(equal(graph, parsed(print(graph))));
  }
}

struct BadText {
  const char *text;
  const char *message;
};

class ParseErrors : public ::testing::TestWithParam<BadText> {};

TEST_P(ParseErrors, SayWhatAndWhere) {
  EXPECT_THAT(parse_error(GetParam().text), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParseErrors,
    ::testing::Values(
        BadText{"", "line 1: expected 'graph'"},
        BadText{"graph \"g\" {\n input %x : f32[2]\n", "line 3: expected '%'"},
        BadText{"graph \"g\" {\n output %x\n}", "line 2: %x is not defined above"},
        BadText{"graph \"g\" {\n input %x : f31[2]\n}", "line 2: expected an element type"},
        BadText{"graph \"g\" {\n input %x : f32[2]\n input %x : f32[2]\n}", "%x is defined twice"},
        BadText{"graph \"g\" {\n input %x : f32[99999999,99999999]\n}", "more than 2 GiB"},
        BadText{"graph \"g\" {\n input %x : f32[0]\n}", "dimension below 1"},
        BadText{"graph \"g\" {\n input %x : f32[1,1,1,1,1,1,1]\n}", "7 dimensions"},
        BadText{"graph \"g\" {\n const %x : f32[2] = [1]\n}", "has 4 bytes but f32[2] needs 8"},
        BadText{"graph \"g\" {\n const %x : i8[2] = [1,300]\n}", "expected a number"},
        BadText{"graph \"g\" {\n const %x : i8[1] = hex \"0g\"\n}", "not a hexadecimal byte"},
        BadText{"graph \"g\" {\n input %x : f32[2]\n %y : f32[2] = dance(%x)\n}",
                "there is no operator 'dance'"},
        BadText{"graph \"g\" {\n input %x : f32[2]\n}", "the graph has no outputs"},
        BadText{"graph \"g\" {\n} x", "text after the graph's end"}));

std::string node_error(const std::string &node) {
  return parse_error("graph \"g\" {\n input %x : f32[1,4,4,2]\n input %v : f32[8]\n"
                     " const %w : f32[3,3,3,2] = hex \"" +
                     std::string(std::size_t{54} * 8, '0') + "\"\n " + node + "\n output %y\n}");
}

TEST(Verify, NamesTheNodeAndTheContradiction) {
  EXPECT_THAT(node_error("%y : f32[1,9,9,3] = conv2d(%x, %w) name=\"c7\""),
              HasSubstr("node 'c7' (conv2d): makes f32[1,2,2,3] but its output is declared as"));
  EXPECT_THAT(node_error("%y : f32[1,2,2,3] = conv2d(%x)"), HasSubstr("does not take 1 inputs"));
  EXPECT_THAT(node_error("%y : f32[1,2,2,3] = conv2d(%x, %w, %v)"), HasSubstr("bias is f32[8]"));
  EXPECT_THAT(node_error("%y : f32[1,2,2,3] = conv2d(%x, %w) {groups=2}"),
              HasSubstr("groups (2) do not divide"));
  EXPECT_THAT(node_error("%y : f32[1,2,2,3] = conv2d(%x, %w) {strides=[0,1]}"),
              HasSubstr("at least 1"));
  EXPECT_THAT(node_error("%y : f32[1,2,2,3] = conv2d(%x, %w) {dilations=[2,2]}"),
              HasSubstr("the window (5) is larger than the padded input (4)"));
  EXPECT_THAT(node_error("%y : f32[1,2,2,3] = conv2d(%x, %w) {pads=[99999999,0,0,0]}"),
              HasSubstr("out of range"));
  EXPECT_THAT(node_error("%y : f32[1,2,2,3] = conv2d(%x, %w) {colour=1}"),
              HasSubstr("no attribute 'colour'"));
  EXPECT_THAT(node_error("%y : f32[1,2,2,3] = conv2d(%x, %w) {groups=\"2\"}"),
              HasSubstr("wrong kind"));
  EXPECT_THAT(node_error("%y : f32[1,4,4,2] = softmax(%x) {axis=4}"), HasSubstr("axis 4"));
  EXPECT_THAT(node_error("%y : f32[1,4,4,2] = softmax(%x)"), HasSubstr("lacks attribute 'axis'"));
  EXPECT_THAT(node_error("%y : f32[1,4,2,4] = transpose(%x) {permutation=[0,1,3,3]}"),
              HasSubstr("does not permute"));
  EXPECT_THAT(node_error("%y : f32[7] = reshape(%x)"),
              HasSubstr("cannot reshape [1,4,4,2] to [7]"));
  EXPECT_THAT(node_error("%y : f32[8] = add(%x, %v)"), HasSubstr("do not broadcast"));
  EXPECT_THAT(node_error("%y : f32[1,6,4,2] = max_pool2d(%x) {kernel=[1,1], pads=[1,0,1,0]}"),
              HasSubstr("wholly in the padding"));
}

TEST(Verify, Int8GraphsNeedMeaning) {
  EXPECT_THAT(
      parse_error("graph \"g\" {\n input %x : i8[4]\n %y : i8[4] = relu(%x)\n output %y\n}"),
      HasSubstr("without a quantisation"));
  EXPECT_THAT(parse_error("graph \"g\" {\n input %x : i8[4] q(scale=0.5, zero=3)\n"
                          " %y : i8[4] q(scale=0.25, zero=3) = relu(%x)\n output %y\n}"),
              HasSubstr("must keep the quantisation of its input"));
  EXPECT_THAT(parse_error("graph \"g\" {\n input %x : i8[4] q(scale=0, zero=3)\n output %x\n}"),
              HasSubstr("not a positive number"));
  EXPECT_THAT(parse_error("graph \"g\" {\n input %x : i8[4] q(scale=1, zero=300)\n output %x\n}"),
              HasSubstr("zero point outside of int8"));
}

TEST(Verify, Int8LayersNeedSymmetricWeightsAndScalesThatMultiply) {
  const auto layer = [](const char *weights, const char *output) {
    return parse_error(
        "graph \"g\" {\n input %x : i8[1,2] q(scale=0.5, zero=3)\n const %w : i8[1,2] " +
        std::string(weights) + " = [1,2]\n %y : i8[1,1] " + output +
        " = fully_connected(%x, %w)\n output %y\n}");
  };
  EXPECT_THAT(layer("q(scale=1, zero=0)", "q(scale=1, zero=0)"), HasSubstr("without an error"));
  EXPECT_THAT(layer("q(scale=1, zero=1)", "q(scale=1, zero=0)"), HasSubstr("zero point 0"));
  EXPECT_THAT(layer("q(scale=[1,1], zero=[0,0], axis=1)", "q(scale=1, zero=0)"),
              HasSubstr("per output channel"));
  EXPECT_THAT(layer("q(scale=1e9, zero=0)", "q(scale=1, zero=0)"), HasSubstr("too far apart"));
}

TEST(Verify, FindsWrongOrderAndDoubleDefinition) {
  Graph graph = parsed("graph \"g\" {\n input %x : f32[4]\n %y : f32[4] = relu(%x)\n"
                       " %z : f32[4] = relu(%y)\n output %z\n}");
  Graph reversed = graph;
  std::swap(reversed.nodes[0], reversed.nodes[1]);
  EXPECT_THAT(verify(reversed).error().message, HasSubstr("before it is computed"));
  Graph twice = graph;
  twice.nodes[1].outputs = twice.nodes[0].outputs;
  EXPECT_THAT(verify(twice).error().message, HasSubstr("is defined twice"));
  Graph wild = graph;
  wild.nodes[0].inputs = {77};
  EXPECT_THAT(verify(wild).error().message, HasSubstr("does not exist"));
}

TEST(Edit, RemovesTheDeadAndKeepsInputs) {
  Graph graph = parsed("graph \"g\" {\n input %x : f32[4]\n input %unused : f32[4]\n"
                       " const %c : f32[1] = [1]\n %dead : f32[4] = add(%x, %c)\n"
                       " %y : f32[4] = relu(%x)\n output %y\n}");
  remove_dead(graph);
  EXPECT_EQ(print(graph), "graph \"g\" {\n  input %x : f32[4]\n  input %unused : f32[4]\n"
                          "  %y : f32[4] = relu(%x)\n  output %y\n}\n");
}

TEST(Operators, AreInEnumOrder) {
  for (std::size_t i = 0; i < operators().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(operators()[i].op), i);
    EXPECT_EQ(parse_op_name(operators()[i].name), operators()[i].op);
  }
  EXPECT_EQ(operators().size(), static_cast<std::size_t>(Op::kPooledConv2dFilterSgd) + 1);
}

TEST(ActivationRange, ClampsLikeTheReferenceKernels) {
  const Quantization q{{6.0F / 255}, {-128}, -1};
  EXPECT_EQ(activation_range(Activation::kRelu6, q).low, -128);
  EXPECT_EQ(activation_range(Activation::kRelu6, q).high, 127);
  const Quantization wide{{0.1F}, {10}, -1};
  EXPECT_EQ(activation_range(Activation::kRelu, wide).low, 10);
  EXPECT_EQ(activation_range(Activation::kRelu, wide).high, 127);
  EXPECT_EQ(activation_range(Activation::kRelu6, wide).high, 70);
  EXPECT_EQ(activation_range(Activation::kNone, wide).low, -128);
}

} // namespace
} // namespace tinyml::ir
