// SPDX-License-Identifier: Apache-2.0
// What the importer refuses, and how it says so.
#include "compiler/frontends/tflite/run_model.hpp"

#include <ctime>

namespace tinyml::tflite {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using namespace schema; // NOLINT(google-build-using-namespace): the format's names, in a test

constexpr TensorType kF32 = TensorType_FLOAT32;
constexpr TensorType kI8 = TensorType_INT8;

/// relu of an input, and then of that again.
struct TwoNodes {
  TwoNodes() {
    x = m.input(kF32, {2});
    a = m.tensor(kF32, {2});
    y = m.output(m.tensor(kF32, {2}));
    m.node(BuiltinOperator_RELU, {x}, {a});
    m.node(BuiltinOperator_TANH, {a}, {y});
  }
  OperatorT &node(std::size_t index) { return *m.main().operators[index]; }

  ModelBuilder m;
  int x = 0, a = 0, y = 0;
};

TEST(Import, NamesValuesNodesAndTheGraph) {
  TwoNodes model;
  model.m.at(model.y).name = "scores;model/dense/Relu;model/dense/BiasAdd";
  const ir::Graph graph = imported(model.m);
  EXPECT_EQ(graph.name, "main");
  EXPECT_EQ(graph.values[graph.outputs[0]].name, "scores");
  EXPECT_EQ(graph.nodes[1].name, "scores");
}

TEST(Import, RefusesWhatIsNoModel) {
  EXPECT_THAT(import_error(std::vector<std::uint8_t>{}), HasSubstr("not a TensorFlow Lite model"));
  auto bytes = TwoNodes().m.build();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(import_error({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}), "");
  }
  bytes[4] = 'X';
  EXPECT_FALSE(is_tflite(bytes));
  EXPECT_THAT(import_error(bytes), HasSubstr("not a TensorFlow Lite model"));
}

TEST(Import, RefusesOtherVersionsAndEmptyModels) {
  TwoNodes model;
  model.m.model().version = 2;
  EXPECT_THAT(import_error(model.m), HasSubstr("version 2"));
  model.m.model().version = 3;
  model.m.model().subgraphs.clear();
  EXPECT_THAT(import_error(model.m), HasSubstr("no graph"));
}

TEST(Import, RefusesMissingTensorsAndCycles) {
  TwoNodes model;
  model.node(1).inputs = {7};
  EXPECT_THAT(import_error(model.m), HasSubstr("node 1 't2' (TANH): reads tensor 7, but the model "
                                               "has 3 tensors"));
  model.node(1).inputs = {-3};
  EXPECT_THAT(import_error(model.m), HasSubstr("reads tensor -3"));
  model.node(1).inputs = {-1};
  EXPECT_THAT(import_error(model.m), HasSubstr("lacks input 0"));
  model.node(1).inputs = {model.y};
  EXPECT_THAT(import_error(model.m), HasSubstr("a missing tensor, or a cycle"));
  model.node(1).outputs = {9};
  EXPECT_THAT(import_error(model.m), HasSubstr("node 1"));
}

TEST(Import, RefusesWrongOrder) {
  TwoNodes model;
  std::swap(model.m.main().operators[0], model.m.main().operators[1]);
  EXPECT_THAT(import_error(model.m), HasSubstr("node 0 't2' (TANH): reads tensor 1 't1', which is "
                                               "no input, constant or result of an earlier node"));
}

TEST(Import, RefusesTensorsThatAreMadeTwice) {
  TwoNodes model;
  model.node(1).outputs = {model.a};
  EXPECT_THAT(import_error(model.m), HasSubstr("makes tensor 1 't1', which exists already"));
  model.m.main().inputs = {model.x, model.x};
  EXPECT_THAT(import_error(model.m), HasSubstr("an input already"));
}

TEST(Import, RefusesInputsAndOutputsThatAreNone) {
  TwoNodes model;
  model.m.main().outputs = {50};
  EXPECT_THAT(import_error(model.m), HasSubstr("output is tensor 50"));
  model.m.main().inputs = {-1};
  EXPECT_THAT(import_error(model.m), HasSubstr("input is tensor -1"));
  TwoNodes without;
  without.m.main().outputs.clear();
  EXPECT_THAT(import_error(without.m), HasSubstr("no outputs"));
  without.m.tensor(kF32, {1});
  without.m.main().outputs = {3};
  EXPECT_THAT(import_error(without.m), HasSubstr("no node makes the model's output tensor 3 't3'"));
}

TEST(Import, RefusesOpenAndHugeShapes) {
  TwoNodes model;
  model.m.at(model.x).shape = {-1};
  EXPECT_THAT(import_error(model.m), AllOf(HasSubstr("tensor 0 't0'"), HasSubstr("below 1")));
  model.m.at(model.x).shape = {0x7FFFFFFF, 0x7FFFFFFF};
  EXPECT_THAT(import_error(model.m), HasSubstr("more than 2 GiB"));
  model.m.at(model.x).shape = {1, 1, 1, 1, 1, 1, 1};
  EXPECT_THAT(import_error(model.m), HasSubstr("7 dimensions"));
}

TEST(Import, RefusesAnOutputOfAnotherShapeOrType) {
  TwoNodes model;
  model.m.at(model.a).shape = {3};
  EXPECT_THAT(import_error(model.m),
              HasSubstr("(RELU): makes f32[2], but tensor 1 't1' is declared as f32[3]"));
  model.m.at(model.a).shape = {2};
  model.m.at(model.a).type = TensorType_COMPLEX64;
  EXPECT_THAT(import_error(model.m), HasSubstr("element type COMPLEX64"));
}

TEST(Import, NamesOperatorsThatItDoesNotKnow) {
  TwoNodes model;
  model.m.model().operator_codes[1]->code = BuiltinOperator_RFFT2D;
  EXPECT_THAT(import_error(model.m),
              AllOf(HasSubstr("node 1 't2' (RFFT2D): this operator is not supported"),
                    HasSubstr("CONV_2D, ")));
  model.m.model().operator_codes[1]->code = static_cast<BuiltinOperator>(4000);
  EXPECT_THAT(import_error(model.m), HasSubstr("(operator 4000)"));
  model.m.model().operator_codes[1]->code = BuiltinOperator_CUSTOM;
  model.m.model().operator_codes[1]->custom_code = "MyDetector";
  EXPECT_THAT(import_error(model.m), HasSubstr("(custom operator 'MyDetector')"));
  model.node(1).opcode_index = 5;
  EXPECT_THAT(import_error(model.m), HasSubstr("node 1 has operator code 5"));
}

TEST(Import, RefusesOptionsOfAnotherOperator) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 2});
  const int y = m.output(m.tensor(kF32, {1, 2}));
  m.node(BuiltinOperator_SOFTMAX, {x}, {y}).with(MulOptionsT{});
  EXPECT_THAT(import_error(m), HasSubstr("(SOFTMAX): lacks its options"));
}

struct Layer {
  Layer() {
    x = m.input(kI8, {1, 2}, {{0.5F}, {0}});
    w = m.constant<std::int8_t>(kI8, {2, 2}, {1, 2, 3, 4}, {{0.5F, 0.25F}, {0, 0}});
    y = m.output(m.tensor(kI8, {1, 2}, {{0.5F}, {0}}));
    m.node(BuiltinOperator_FULLY_CONNECTED, {x, w}, {y}).with(FullyConnectedOptionsT{});
  }
  QuantizationParametersT &scales(int tensor) { return *m.at(tensor).quantization; }

  ModelBuilder m;
  int x = 0, w = 0, y = 0;
};

TEST(Import, RefusesBuffersOfAnotherLength) {
  Layer layer;
  layer.m.model().buffers[1]->data.pop_back();
  EXPECT_THAT(import_error(layer.m), HasSubstr("(FULLY_CONNECTED): tensor 1 't1' has 3 bytes of "
                                               "data, but i8[2,2] needs 4"));
  layer.m.at(layer.w).shape = {46000, 46000}; // 2 GB in a file of a kilobyte
  EXPECT_THAT(import_error(layer.m), HasSubstr("2 scales along dimension 0 of [46000,46000]"));
  layer.m.at(layer.w).quantization.reset();
  EXPECT_THAT(import_error(layer.m), HasSubstr("needs 2116000000"));
  layer.m.at(layer.w).buffer = 90;
  EXPECT_THAT(import_error(layer.m), HasSubstr("a missing tensor"));
}

TEST(Import, RefusesDataOutsideOfTheModelAndSparseData) {
  Layer layer;
  layer.m.at(layer.w).external_buffer = 1;
  EXPECT_THAT(import_error(layer.m), HasSubstr("outside of the model"));
  layer.m.at(layer.w).external_buffer = 0;
  layer.m.at(layer.w).sparsity = std::make_unique<SparsityParametersT>();
  EXPECT_THAT(import_error(layer.m), HasSubstr("is sparse"));
  layer.m.at(layer.w).sparsity.reset();
  layer.m.model().buffers[1]->data.clear();
  layer.m.model().buffers[1]->offset = 4096;
  EXPECT_THAT(import_error(layer.m), HasSubstr("outside of the model"));
}

TEST(Import, RefusesScalesThatMakeNoSense) {
  const auto error_with = [](auto &&spoil) {
    Layer layer;
    spoil(layer);
    return import_error(layer.m);
  };
  EXPECT_THAT(error_with([](Layer &l) { l.scales(l.w).scale = {1, 2, 3}; }), HasSubstr("3 scales"));
  EXPECT_THAT(error_with([](Layer &l) { l.scales(l.w).quantized_dimension = 2; }),
              HasSubstr("dimension 2"));
  EXPECT_THAT(error_with([](Layer &l) { l.scales(l.w).zero_point = {0}; }),
              HasSubstr("1 zero points"));
  EXPECT_THAT(error_with([](Layer &l) {
                l.scales(l.w).zero_point = {1, 0};
              }),
              HasSubstr("zero point 0"));
  EXPECT_THAT(error_with([](Layer &l) { l.scales(l.x).scale = {-1}; }),
              HasSubstr("not a positive number"));
  EXPECT_THAT(error_with([](Layer &l) { l.scales(l.x).scale = {1e38F}; }),
              HasSubstr("scales too far apart"));
  EXPECT_THAT(error_with([](Layer &l) { l.scales(l.x).zero_point = {std::int64_t{1} << 40}; }),
              HasSubstr("outside of its type"));
  EXPECT_THAT(error_with([](Layer &l) { l.m.at(l.x).quantization.reset(); }),
              HasSubstr("without a quantisation"));
}

TEST(Import, RefusesSharedConstantsWhoseSumIsTooLarge) {
  constexpr std::int32_t kElements = 1 << 20;
  ModelBuilder m;
  const int shared =
      m.constant<std::int8_t>(kI8, {kElements}, std::vector<std::int8_t>(kElements), {{1}, {0}});
  std::vector<int> inputs = {m.input(kI8, {kElements}, {{1}, {0}})};
  for (int i = 0; i < 100; ++i) {
    inputs.push_back(m.tensor(kI8, {kElements}, {{1}, {0}}));
    m.at(inputs.back()).buffer = m.at(shared).buffer;
  }
  const int y = m.output(m.tensor(kI8, {101 * kElements}, {{1}, {0}}));
  m.node(BuiltinOperator_CONCATENATION, inputs, {y}).with(ConcatenationOptionsT{});
  const std::clock_t start = std::clock(); // of processor time: the machine may be busy
  EXPECT_THAT(import_error(m), HasSubstr("constants have more than"));
  EXPECT_LT(std::clock() - start, 2 * CLOCKS_PER_SEC);
}

TEST(Import, ListsItsOperatorsSorted) {
  const auto names = supported_operators();
  EXPECT_THAT(names, ::testing::Contains("CONV_2D"));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

} // namespace
} // namespace tinyml::tflite
