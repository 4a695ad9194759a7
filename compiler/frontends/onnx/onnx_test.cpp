// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/onnx/import.hpp"
#include "compiler/frontends/onnx/model_builder.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/passes/passes.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>

namespace tinyml::onnx {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

ir::Graph imported(const ModelBuilder &model) {
  auto graph = import_onnx(model.build());
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  return graph ? *graph : ir::Graph{};
}

std::string import_error(const ModelBuilder &model) {
  const auto graph = import_onnx(model.build());
  return graph ? "imported without an error" : graph.error().message;
}

/// Runs the model as imported and again in canonical form; both must agree.
std::vector<float> run(const ModelBuilder &model, const std::vector<std::vector<float>> &inputs) {
  ir::Graph graph = imported(model);
  const auto canonical_graph = [&] {
    ir::Graph copy = graph;
    const auto done = passes::run_default_passes(copy);
    EXPECT_TRUE(done.ok()) << done.error().message;
    return copy;
  }();
  const auto canonical = interpret::run_float(canonical_graph, inputs);
  EXPECT_TRUE(canonical.ok()) << canonical.error().message;
  if (!canonical) {
    return {};
  }
  if (const auto plain = interpret::run_float(graph, inputs)) {
    EXPECT_THAT((*plain)[0], Pointwise(FloatNear(1e-4F), (*canonical)[0]));
  }
  return (*canonical)[0];
}

ir::Shape output_shape(const ModelBuilder &model) {
  const ir::Graph graph = imported(model);
  return graph.outputs.empty() ? ir::Shape{} : graph.values[graph.outputs[0]].type.shape;
}

std::vector<float> counting(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(i);
  }
  return values;
}

TEST(Conv, ComputesGroupsBiasAndPadding) {
  ModelBuilder model;
  model.input("x", {1, 2, 3, 3}).output("y");
  model.floats("w", {2, 1, 2, 2}, {1, 0, 0, 1, 0, 1, 1, 0}).floats("b", {2}, {0.5F, -1});
  model.node("Conv", {"x", "w", "b"}, "y").with("group", 2).with_list("pads", {0, 0, 1, 1});
  EXPECT_THAT(run(model, {counting(18)}),
              ElementsAre(4.5F, 6.5F, 2.5F, 10.5F, 12.5F, 5.5F, 6.5F, 7.5F, 8.5F, //
                          21, 23, 13, 27, 29, 16, 15, 16, -1));
}

TEST(Conv, HonoursStridesAndDilations) {
  ModelBuilder model;
  model.input("x", {1, 1, 5, 5}).output("y").floats("w", {1, 1, 2, 2}, {1, 1, 1, 1});
  model.node("Conv", {"x", "w"}, "y").with_list("dilations", {2, 2}).with_list("strides", {2, 2});
  EXPECT_THAT(run(model, {counting(25)}), ElementsAre(24, 32, 64, 72));
}

TEST(Conv, AutoPadKeepsTheSizeOverStride) {
  for (const char *mode : {"SAME_UPPER", "SAME_LOWER"}) {
    ModelBuilder model;
    model.input("x", {1, 1, 5, 6}).output("y").floats("w", {1, 1, 2, 3}, {1, 1, 1, 1, 1, 1});
    model.node("Conv", {"x", "w"}, "y").with_text("auto_pad", mode).with_list("strides", {2, 2});
    EXPECT_THAT(output_shape(model), ElementsAre(1, 1, 3, 3)) << mode;
  }
  ModelBuilder valid;
  valid.input("x", {1, 1, 5, 6}).output("y").floats("w", {1, 1, 2, 3}, {1, 1, 1, 1, 1, 1});
  valid.node("Conv", {"x", "w"}, "y").with_text("auto_pad", "VALID");
  EXPECT_THAT(output_shape(valid), ElementsAre(1, 1, 4, 4));
}

TEST(Conv, SameUpperPadsMoreBehind) {
  ModelBuilder model;
  model.input("x", {1, 1, 1, 2}).output("y").floats("w", {1, 1, 1, 2}, {1, 10});
  model.node("Conv", {"x", "w"}, "y").with_text("auto_pad", "SAME_UPPER");
  EXPECT_THAT(run(model, {{1, 2}}), ElementsAre(21, 2));
}

TEST(Gemm, AppliesFactorsAndTransposes) {
  ModelBuilder model;
  model.input("a", {2, 1}).output("y");
  model.floats("b", {2, 3}, {1, 2, 3, 4, 5, 6}).floats("c", {3}, {10, 20, 30});
  model.node("Gemm", {"a", "b", "c"}, "y").with("transA", 1).with_float("alpha", 2);
  model.with_float("beta", 0.5F);
  EXPECT_THAT(run(model, {{1, 10}}), ElementsAre(87, 114, 141));
}

TEST(Gemm, TakesAScalarOrFullMatrixAsC) {
  for (const bool scalar : {true, false}) {
    ModelBuilder model;
    model.input("a", {2, 2}).output("y").floats("b", {2, 2}, {1, 0, 0, 1});
    model.floats("c", scalar ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{2, 2},
                 scalar ? std::vector<float>{3} : std::vector<float>{3, 3, 3, 3});
    model.node("Gemm", {"a", "b", "c"}, "y").with("transB", 1);
    EXPECT_THAT(run(model, {{1, 2, 3, 4}}), ElementsAre(4, 5, 6, 7));
  }
}

TEST(MatMul, WithAComputedRightSide) {
  ModelBuilder model;
  model.input("a", {1, 2, 2}).output("y").node("Relu", {"a"}, "b").node("MatMul", {"a", "b"}, "y");
  EXPECT_THAT(run(model, {{1, -1, 2, 3}}), ElementsAre(-1, -3, 8, 9));
}

TEST(MaxPool, RoundsUpWhenAsked) {
  ModelBuilder model;
  model.input("x", {1, 1, 3, 3}).output("y").node("MaxPool", {"x"}, "y");
  model.with_list("kernel_shape", {2, 2}).with_list("strides", {2, 2}).with("ceil_mode", 1);
  EXPECT_THAT(run(model, {counting(9)}), ElementsAre(4, 5, 7, 8));
}

TEST(MaxPool, DropsAWindowThatStartsInThePadding) {
  ModelBuilder model;
  model.input("x", {1, 1, 2, 2}).output("y").node("MaxPool", {"x"}, "y");
  model.with_list("kernel_shape", {1, 1}).with_list("strides", {2, 2}).with("ceil_mode", 1);
  EXPECT_THAT(output_shape(model), ElementsAre(1, 1, 1, 1));
}

TEST(AveragePool, CountsItsPaddingOnlyWhenAsked) {
  for (const std::int64_t included : {0, 1}) {
    ModelBuilder model;
    model.input("x", {1, 1, 2, 2}).output("y").node("AveragePool", {"x"}, "y");
    model.with_list("kernel_shape", {2, 2}).with_list("pads", {1, 1, 0, 0});
    model.with("count_include_pad", included);
    const auto y = run(model, {{4, 8, 12, 16}});
    EXPECT_THAT(y, included != 0 ? std::vector<float>({1, 3, 4, 10})
                                 : std::vector<float>({4, 6, 8, 10}));
  }
}

TEST(GlobalAveragePool, IsTheMeanOfEachChannel) {
  ModelBuilder model;
  model.input("x", {1, 2, 2, 2}).output("y").node("GlobalAveragePool", {"x"}, "y");
  EXPECT_THAT(run(model, {counting(8)}), ElementsAre(1.5F, 5.5F));
}

TEST(Clip, TakesItsBoundsAsAttributesOrInputs) {
  ModelBuilder old(10);
  old.input("x", {4}).output("y").node("Clip", {"x"}, "y").with_float("max", 2.5F);
  EXPECT_THAT(run(old, {{-9, 1, 2, 3}}), ElementsAre(-9, 1, 2, 2.5F));
  ModelBuilder recent(13);
  recent.input("x", {4}).output("y").floats("low", {}, {0}).node("Clip", {"x", "low"}, "y");
  EXPECT_THAT(run(recent, {{-9, 1, 2, 3}}), ElementsAre(0, 1, 2, 3));
}

TEST(Add, Broadcasts) {
  ModelBuilder model;
  model.input("x", {1, 2, 1, 2}).output("y").floats("c", {2, 1, 1}, {10, 20});
  model.node("Add", {"c", "x"}, "y");
  EXPECT_THAT(run(model, {{1, 2, 3, 4}}), ElementsAre(11, 12, 23, 24));
}

TEST(Softmax, FlattenedUpToOpset12) {
  const std::vector<float> x = {0, 0, 0, 0};
  ModelBuilder old(12);
  old.input("x", {1, 2, 2}).output("y").node("Softmax", {"x"}, "y");
  EXPECT_THAT(run(old, {x}), ElementsAre(0.25F, 0.25F, 0.25F, 0.25F));
  ModelBuilder recent(13);
  recent.input("x", {1, 2, 2}).output("y").node("Softmax", {"x"}, "y");
  EXPECT_THAT(run(recent, {x}), ElementsAre(0.5F, 0.5F, 0.5F, 0.5F));
}

TEST(Softmax, AlongAnInnerAxis) {
  ModelBuilder model;
  model.input("x", {1, 2, 2}).output("y").node("Softmax", {"x"}, "y").with("axis", 1);
  const float e = std::exp(1.0F);
  ir::Graph graph = imported(model);
  ASSERT_TRUE(passes::run_default_passes(graph));
  const auto y = interpret::run_float(graph, {{0, 0, 1, 0}});
  ASSERT_TRUE(y.ok()) << y.error().message;
  EXPECT_THAT((*y)[0], Pointwise(FloatNear(1e-6F),
                                 std::vector<float>({1 / (1 + e), 0.5F, e / (1 + e), 0.5F})));
}

TEST(BatchNormalization, AloneAndBehindAConvolution) {
  ModelBuilder model;
  model.input("x", {1, 2, 1, 1}).output("y").floats("w", {2, 2, 1, 1}, {1, 0, 0, 1});
  model.floats("s", {2}, {2, 3}).floats("b", {2}, {1, 1}).floats("m", {2}, {5, 6});
  model.floats("v", {2}, {4, 9}).node("Conv", {"x", "w"}, "c");
  model.node("BatchNormalization", {"c", "s", "b", "m", "v"}, "n").with_float("epsilon", 0);
  model.node("Relu", {"n"}, "r");
  model.node("BatchNormalization", {"r", "s", "b", "m", "v"}, "y").with_float("epsilon", 0);
  EXPECT_THAT(run(model, {{7, 9}}), ElementsAre(-1, -1));
}

TEST(Reshape, ZeroKeepsAndMinusOneFills) {
  ModelBuilder model;
  model.input("x", {2, 3, 4}).output("y").ints("s", {0, -1}).node("Reshape", {"x", "s"}, "y");
  EXPECT_THAT(output_shape(model), ElementsAre(2, 12));
}

TEST(Flatten, AtAnyAxis) {
  for (const std::int64_t axis : {0, 2, -1}) {
    ModelBuilder model;
    model.input("x", {2, 3, 4}).output("y").node("Flatten", {"x"}, "y").with("axis", axis);
    EXPECT_EQ(output_shape(model), (axis == 0 ? ir::Shape{1, 24} : ir::Shape{6, 4})) << axis;
  }
}

TEST(Transpose, ReversesByDefault) {
  ModelBuilder model;
  model.input("x", {2, 3}).output("y").node("Transpose", {"x"}, "y");
  EXPECT_THAT(run(model, {counting(6)}), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(Pad, AsAttributeInputAndForSomeAxes) {
  ModelBuilder old(10);
  old.input("x", {1, 2}).output("y").node("Pad", {"x"}, "y").with_list("pads", {0, 1, 0, 2});
  old.with_float("value", 7);
  EXPECT_THAT(run(old, {{1, 2}}), ElementsAre(7, 1, 2, 7, 7));
  ModelBuilder axes(18);
  axes.input("x", {1, 2}).output("y").ints("p", {1, 0}).ints("a", {-1});
  axes.node("Pad", {"x", "p", "", "a"}, "y");
  EXPECT_THAT(run(axes, {{1, 2}}), ElementsAre(0, 1, 2));
}

TEST(Constant, IdentityAndDropoutVanish) {
  ModelBuilder model;
  model.input("x", {2}).output("y").node("Constant", {}, "c").with_float("value_float", 3);
  model.node("Identity", {"x"}, "i").node("Dropout", {"i"}, "d").node("Add", {"d", "c"}, "y");
  const ir::Graph graph = imported(model);
  EXPECT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.values[graph.outputs[0]].name, "y");
  EXPECT_THAT(run(model, {{1, 2}}), ElementsAre(4, 5));
}

TEST(QuantizeLinear, PairsKeepTheirScales) {
  ModelBuilder model;
  model.input("x", {1, 2}).output("y").floats("s", {}, {0.5F}).bytes("z", {}, {3});
  model.bytes("w", {2, 2}, {10, 20, 30, 40}).floats("ws", {2}, {0.1F, 0.2F});
  model.node("QuantizeLinear", {"x", "s", "z"}, "q").node("DequantizeLinear", {"q", "s", "z"}, "d");
  model.node("DequantizeLinear", {"w", "ws"}, "wd").with("axis", 0);
  model.node("Gemm", {"d", "wd"}, "y").with("transB", 1);
  ir::Graph graph = imported(model);
  ASSERT_TRUE(passes::run_default_passes(graph));
  ASSERT_EQ(graph.nodes.size(), 1U);
  const auto &input = graph.values[graph.inputs[0]].type;
  EXPECT_EQ(input.element, ir::ElementType::kFloat32);
  EXPECT_EQ(input.quantization, (ir::Quantization{{0.5F}, {3}, -1}));
  const ir::Value &weights = graph.values[graph.nodes[0].inputs[1]];
  EXPECT_EQ(weights.type.quantization, (ir::Quantization{{0.1F, 0.2F}, {0, 0}, 0}));
  EXPECT_THAT(ir::elements_of<float>(weights), ElementsAre(1, 2, 6, 8));
}

/// uint8 activations: the same real numbers as int8 holds them.
TEST(QuantizeLinear, QLinearConvIsAConvolutionThatKnowsItsScales) {
  ModelBuilder model;
  model.input("x", {1, 1, 2, 2}).output("y").floats("s", {}, {0.5F}).floats("ys", {}, {0.25F});
  for (const char *name : {"z", "yz"}) {
    auto &zero = *model.proto().mutable_graph()->add_initializer();
    zero.set_name(name);
    zero.set_data_type(::onnx::TensorProto::UINT8);
    zero.add_int32_data(128);
  }
  model.bytes("w", {2, 1, 1, 1}, {10, 20}).floats("ws", {2}, {0.1F, 0.2F}).bytes("wz", {2}, {0, 0});
  model.node("QuantizeLinear", {"x", "s", "z"}, "q");
  model.node("QLinearConv", {"q", "s", "z", "w", "ws", "wz", "ys", "yz"}, "c");
  model.node("DequantizeLinear", {"c", "ys", "yz"}, "y");
  EXPECT_THAT(run(model, {{0.5F, 1, 1.5F, -1}}), ElementsAre(0.5F, 1, 1.5F, -1, 2, 4, 6, -4));
  ir::Graph graph = imported(model);
  ASSERT_TRUE(passes::run_default_passes(graph));
  const auto conv = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                 [](const ir::Node &n) { return n.op == ir::Op::kConv2d; });
  ASSERT_NE(conv, graph.nodes.end());
  EXPECT_EQ(graph.values[graph.inputs[0]].type.quantization, (ir::Quantization{{0.5F}, {0}, -1}));
  EXPECT_EQ(graph.values[conv->inputs[1]].type.quantization,
            (ir::Quantization{{0.1F, 0.2F}, {0, 0}, 0}));
}

TEST(Import, OpenBatchSizeBecomesOne) {
  ModelBuilder model;
  model.input("x", {1, 4}).output("y").node("Relu", {"x"}, "y");
  auto *dims =
      model.proto().mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type();
  dims->mutable_shape()->mutable_dim(0)->set_dim_param("batch");
  EXPECT_THAT(output_shape(model), ElementsAre(1, 4));
  dims->mutable_shape()->mutable_dim(1)->set_dim_param("width");
  EXPECT_THAT(import_error(model), HasSubstr("leaves dimension 1 ('width') open"));
}

TEST(Import, NamesTheUnsupportedOperatorAndItsNode) {
  ModelBuilder model;
  model.input("x", {4}).output("y").node("Loop", {"x"}, "y");
  EXPECT_THAT(
      import_error(model),
      HasSubstr("node 'Loop_y': operator 'Loop' (opset 13) is not supported; supported: Abs"));
  model.proto().mutable_graph()->mutable_node(0)->set_domain("com.vendor");
  EXPECT_THAT(import_error(model), HasSubstr("operator 'com.vendor.Loop'"));
}

TEST(Import, RefusesExternalData) {
  ModelBuilder model;
  model.input("x", {1}).output("y").floats("w", {1}, {}).node("Add", {"x", "w"}, "y");
  auto *tensor = model.proto().mutable_graph()->mutable_initializer(0);
  tensor->set_data_location(::onnx::TensorProto::EXTERNAL);
  EXPECT_THAT(import_error(model), HasSubstr("tensor 'w' keeps its data in another file"));
}

TEST(Import, RefusesCyclesAndMissingTensors) {
  ModelBuilder model;
  model.input("x", {1}).output("y").node("Add", {"x", "b"}, "y").node("Relu", {"y"}, "b");
  EXPECT_THAT(import_error(model),
              HasSubstr("node 'Add_y': operator 'Add' reads 'b', which is no"));
  ModelBuilder nothing;
  nothing.input("x", {1}).output("z").node("Relu", {"x"}, "y");
  EXPECT_THAT(import_error(nothing), HasSubstr("no node makes the model's output 'z'"));
  ModelBuilder twice;
  twice.input("x", {1}).output("y").node("Relu", {"x"}, "y").node("Relu", {"x"}, "y");
  EXPECT_THAT(import_error(twice), HasSubstr("makes 'y', which exists already"));
}

TEST(Import, RefusesClaimsOfHugeTensors) {
  ModelBuilder claim;
  claim.input("x", {1}).output("y").floats("w", {1 << 29}, {1}).node("Add", {"x", "w"}, "y");
  EXPECT_THAT(import_error(claim), HasSubstr("tensor 'w'"));
  ModelBuilder overflow;
  overflow.input("x", {1LL << 40, 1LL << 40}).output("y").node("Relu", {"x"}, "y");
  EXPECT_THAT(import_error(overflow), HasSubstr("more than 2 GiB"));
  ModelBuilder pads;
  pads.input("x", {1}).output("y").ints("p", {INT64_MAX, INT64_MAX}).node("Pad", {"x", "p"}, "y");
  EXPECT_THAT(import_error(pads), HasSubstr("out of range"));
}

TEST(Import, HugeFoldedConstantsStayNodes) {
  ModelBuilder model;
  model.floats("one", {1}, {1}).ints("p", {0, 16000000}).output("y");
  std::string last = "one";
  for (int i = 0; i < 8; ++i) {
    const std::string next = "v" + std::to_string(i);
    model.node("Pad", {last, "p"}, next);
    last = next;
  }
  model.input("x", {1}).node("Add", {last, "x"}, "y");
  ir::Graph graph = imported(model);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(passes::run_default_passes(graph));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Import, FixesInputs) {
  ModelBuilder model;
  model.input("x", {4}).output("y").node("Reshape", {"x", "shape"}, "y");
  auto &shape = *model.proto().mutable_graph()->add_input();
  shape.set_name("shape");
  shape.mutable_type()->mutable_tensor_type()->set_elem_type(::onnx::TensorProto::INT64);
  shape.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(2);
  EXPECT_THAT(import_error(model), HasSubstr("needs its shape 'shape' as constant integers"));
  ImportOptions options;
  options.fixed_inputs["shape"] = {
      "", {ir::ElementType::kInt64, {2}, {}}, ir::constant_data<std::int64_t>({2, -1})};
  const auto graph = import_onnx(model.build(), options);
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_EQ(graph->inputs.size(), 1U);
  EXPECT_THAT(graph->values[graph->outputs[0]].type.shape, ElementsAre(2, 2));
}

TEST(Import, RefusesWhatIsNoModel) {
  EXPECT_THAT(import_onnx(as_bytes("hello")).error().message, HasSubstr("not an ONNX model"));
  EXPECT_THAT(import_onnx({}).error().message, HasSubstr("no graph"));
  ModelBuilder model;
  model.input("x", {4}).output("y").node("Relu", {"x"}, "y");
  model.proto().mutable_opset_import(0)->set_version(99);
  EXPECT_THAT(import_error(model), HasSubstr("opset 99; opsets 7 to 21 are supported"));
  model.proto().mutable_opset_import(0)->set_version(6);
  model.node("Add", {"x", "x"}, "z");
  EXPECT_THAT(import_error(model),
              HasSubstr("operator 'Add' is known as of opset 7, the model uses opset 6"));
  ImportOptions small;
  small.max_model_bytes = 10;
  EXPECT_THAT(import_onnx(model.build(), small).error().message, HasSubstr("at most 10"));
}

TEST(Import, EveryTruncationOfAModelIsAnErrorOrAModel) {
  std::ifstream file(TINYML_SOURCE_DIR "/zoo/mnist-dscnn.onnx", std::ios::binary);
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  ASSERT_GT(bytes.size(), 20000U);
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    const auto graph = import_onnx(ByteView(bytes).first(size));
    EXPECT_TRUE(graph.ok() || !graph.error().message.empty());
  }
}

} // namespace
} // namespace tinyml::onnx
