// SPDX-License-Identifier: Apache-2.0
// Operators with weights, pools, arithmetic and activations.
#include "compiler/frontends/tflite/run_model.hpp"

namespace tinyml::tflite {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using namespace schema; // NOLINT(google-build-using-namespace): the format's names, in a test

constexpr TensorType kF32 = TensorType_FLOAT32;
constexpr TensorType kI8 = TensorType_INT8;
constexpr TensorType kI32 = TensorType_INT32;
using Floats = std::vector<float>;
using Bytes = std::vector<std::int8_t>;

Conv2DOptionsT conv_options(Padding padding, int stride_h = 1, int stride_w = 1) {
  Conv2DOptionsT options;
  options.padding = padding;
  options.stride_h = stride_h;
  options.stride_w = stride_w;
  return options;
}

TEST(Conv2D, PadsTheOddElementBehind) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 4, 1, 1});
  const int w = m.floats({1, 2, 1, 1}, {1, 10});
  const int y = m.output(m.tensor(kF32, {1, 4, 1, 1}));
  m.node(BuiltinOperator_CONV_2D, {x, w, -1}, {y}).with(conv_options(Padding_SAME));
  EXPECT_THAT(run<float>(m, {{1, 2, 3, 4}}), ElementsAre(21, 32, 43, 4));
}

TEST(Conv2D, KeepsStridesAndDilationsApart) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 5, 4, 1});
  const int w = m.floats({1, 2, 2, 1}, {1, 0, 0, 1});
  const int b = m.floats({1}, {0.5F});
  const int y = m.output(m.tensor(kF32, {1, 1, 3, 1}));
  auto options = conv_options(Padding_VALID, 3, 1);
  options.dilation_h = 3;
  m.node(BuiltinOperator_CONV_2D, {x, w, b}, {y}).with(options);
  EXPECT_THAT(run<float>(m, {counting(20)}), ElementsAre(0 + 13.5F, 1 + 14.5F, 2 + 15.5F));
}

TEST(Conv2D, HasGroupsWhereTheFilterReadsFewerChannels) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 1, 1, 4});
  const int w = m.floats({2, 1, 1, 2}, {1, 2, 3, 4});
  const int y = m.output(m.tensor(kF32, {1, 1, 1, 2}));
  m.node(BuiltinOperator_CONV_2D, {x, w}, {y}).with(conv_options(Padding_VALID));
  EXPECT_THAT(run<float>(m, {{1, 10, 100, 1000}}), ElementsAre(21, 4300));
}

TEST(Conv2D, IsExactInInt8WithAScalePerChannelAndAFusedActivation) {
  ModelBuilder m;
  const int x = m.input(kI8, {1, 1, 1, 2}, {{0.5F}, {-1}});
  const int w = m.constant<std::int8_t>(kI8, {2, 1, 1, 2}, {2, 3, -4, 5}, {{0.5F, 0.25F}, {0, 0}});
  const int b = m.constant<std::int32_t>(kI32, {2}, {10, -20}, {{0.25F, 0.125F}, {0, 0}});
  const int y = m.output(m.tensor(kI8, {1, 1, 1, 2}, {{1}, {3}}));
  auto options = conv_options(Padding_VALID);
  options.activation = Activation_RELU6;
  m.node(BuiltinOperator_CONV_2D, {x, w, b}, {y}).with(options);
  // sums: 2*(3+1) + 3*(7+1) + 10 = 42 * 0.25 = 10.5, clamped to 6; -16 + 40 - 20 = 4 * 0.125 = 0.5
  EXPECT_THAT(run<std::int8_t>(m, {{3, 7}}), ElementsAre(9, 4));
}

TEST(Conv2D, WidensIntegerAndHalfWeightsOfAFloatLayer) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 1, 1, 2});
  const int w = m.constant<std::int8_t>(kI8, {1, 1, 1, 2}, {2, -4}, {{0.5F}, {0}});
  const int half = m.constant<std::uint16_t>(TensorType_FLOAT16, {1}, {0x3E00}); // 1.5
  const int b = m.tensor(kF32, {1});
  const int y = m.output(m.tensor(kF32, {1, 1, 1, 1}));
  m.node(BuiltinOperator_DEQUANTIZE, {half}, {b});
  m.node(BuiltinOperator_CONV_2D, {x, w, b}, {y}).with(conv_options(Padding_VALID));
  EXPECT_THAT(run<float>(m, {{10, 1}}), ElementsAre(10 - 2 + 1.5F));
}

TEST(DepthwiseConv2D, HasAMultiplier) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 1, 2, 2});
  const int w = m.floats({1, 1, 2, 4}, {1, 2, 3, 4, 10, 20, 30, 40});
  const int y = m.output(m.tensor(kF32, {1, 1, 1, 4}));
  DepthwiseConv2DOptionsT options;
  options.padding = Padding_VALID;
  options.stride_h = options.stride_w = 1;
  options.activation = Activation_RELU_N1_TO_1;
  m.node(BuiltinOperator_DEPTHWISE_CONV_2D, {x, w}, {y}).with(options);
  EXPECT_THAT(run<float>(m, {{0.5F, -1, 0, 0.01F}}), ElementsAre(0.5F, 1, -1, -1));
}

TEST(FullyConnected, FlattensItsInputUnlessToldNotTo) {
  for (const bool keeps : {false, true}) {
    ModelBuilder m;
    const int x = m.input(kF32, {2, 1, 2});
    const int w = m.floats({1, 2}, {1, 10});
    const int y =
        m.output(m.tensor(kF32, keeps ? ModelBuilder::Shape{2, 1, 1} : ModelBuilder::Shape{2, 1}));
    FullyConnectedOptionsT options;
    options.keep_num_dims = keeps;
    m.node(BuiltinOperator_FULLY_CONNECTED, {x, w, -1}, {y}).with(options);
    EXPECT_THAT(run<float>(m, {{1, 2, 3, 4}}), ElementsAre(21, 43));
  }
}

TEST(FullyConnected, RefusesWhatDoesNotDivide) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 3});
  const int w = m.floats({1, 2}, {1, 10});
  const int y = m.output(m.tensor(kF32, {1, 1}));
  m.node(BuiltinOperator_FULLY_CONNECTED, {x, w}, {y}).with(FullyConnectedOptionsT{});
  EXPECT_THAT(import_error(m), HasSubstr("node 0 't2' (FULLY_CONNECTED): cannot reshape"));
}

TEST(FullyConnected, MultipliesWhatAnotherNodeMade) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 2});
  const int w = m.input(kF32, {2, 2});
  const int b = m.floats({2}, {0.5F, 0});
  const int y = m.output(m.tensor(kF32, {1, 2}));
  m.node(BuiltinOperator_FULLY_CONNECTED, {x, w, b}, {y}).with(FullyConnectedOptionsT{});
  EXPECT_THAT(run<float>(m, {{1, 10}, {1, 2, 3, 4}}), ElementsAre(21.5F, 43));
}

TEST(BatchMatMul, TransposesWhatItIsToldTo) {
  ModelBuilder m;
  const int a = m.input(kF32, {2, 2, 1});
  const int b = m.input(kF32, {2, 1, 2});
  const int y = m.output(m.tensor(kF32, {2, 1, 1}));
  BatchMatMulOptionsT options;
  options.adj_x = options.adj_y = true;
  m.node(BuiltinOperator_BATCH_MATMUL, {a, b}, {y}).with(options);
  EXPECT_THAT(run<float>(m, {{1, 2, 3, 4}, {1, 10, 100, 1000}}), ElementsAre(21, 4300));
}

TransposeConvOptionsT spread_options(Padding padding, int stride) {
  TransposeConvOptionsT options;
  options.padding = padding;
  options.stride_h = 1;
  options.stride_w = stride;
  return options;
}

TEST(TransposeConv, SpreadsCutsAndFills) {
  const auto spread = [](Padding padding, int stride, int columns, const Floats &filter) {
    ModelBuilder m;
    const int x = m.input(kF32, {1, 1, 3, 1});
    const int w = m.floats({1, 1, static_cast<int>(filter.size()), 1}, filter);
    const int y = m.output(m.tensor(kF32, {1, 1, columns, 1}));
    m.node(BuiltinOperator_TRANSPOSE_CONV, {m.ints({1, 1, columns, 1}), w, x}, {y})
        .with(spread_options(padding, stride));
    return run<float>(m, {{1, 2, 3}});
  };
  EXPECT_THAT(spread(Padding_VALID, 2, 7, {1, 10, 100}), ElementsAre(1, 10, 102, 20, 203, 30, 300));
  EXPECT_THAT(spread(Padding_SAME, 2, 6, {1, 10, 100}), ElementsAre(1, 10, 102, 20, 203, 30));
  EXPECT_THAT(spread(Padding_SAME, 1, 3, {1, 10, 100}), ElementsAre(12, 123, 230));
  EXPECT_THAT(spread(Padding_SAME, 2, 6, {1}), ElementsAre(1, 0, 2, 0, 3, 0));
}

TEST(TransposeConv, RefusesSizesThatDoNotFit) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 1, 3, 1});
  const int y = m.output(m.tensor(kF32, {1, 1, 9, 1}));
  m.node(BuiltinOperator_TRANSPOSE_CONV, {m.ints({1, 1, 9, 1}), m.floats({1, 1, 1, 1}, {1}), x},
         {y})
      .with(spread_options(Padding_SAME, 2));
  EXPECT_THAT(import_error(m), HasSubstr("(TRANSPOSE_CONV): cannot make 9 rows or columns of 3"));
}

Pool2DOptionsT pool_options(Padding padding, int height, int width, int stride_h, int stride_w) {
  Pool2DOptionsT options;
  options.padding = padding;
  options.filter_height = height;
  options.filter_width = width;
  options.stride_h = stride_h;
  options.stride_w = stride_w;
  return options;
}

TEST(Pools, KeepHeightAndWidthApartAndDoNotCountPadding) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 2, 3, 1});
  const int largest = m.output(m.tensor(kF32, {1, 1, 2, 1}));
  const int average = m.output(m.tensor(kF32, {1, 2, 2, 1}));
  m.node(BuiltinOperator_MAX_POOL_2D, {x}, {largest}).with(pool_options(Padding_VALID, 2, 2, 2, 1));
  m.node(BuiltinOperator_AVERAGE_POOL_2D, {x}, {average})
      .with(pool_options(Padding_SAME, 1, 2, 1, 2));
  const auto y = run_all<float>(m, {{1, 2, 3, 4, 5, 7}});
  EXPECT_THAT(y[0], ElementsAre(5, 7));
  EXPECT_THAT(y[1], ElementsAre(1.5F, 3, 4.5F, 7));
}

TEST(Arithmetic, FusesItsActivation) {
  ModelBuilder m;
  const int x = m.input(kF32, {4});
  const int c = m.floats({1}, {2});
  const int sum = m.output(m.tensor(kF32, {4}));
  const int difference = m.output(m.tensor(kF32, {4}));
  const int quotient = m.output(m.tensor(kF32, {4}));
  AddOptionsT add;
  add.activation = Activation_RELU6;
  DivOptionsT div;
  div.activation = Activation_RELU;
  m.node(BuiltinOperator_ADD, {x, c}, {sum}).with(add);
  m.node(BuiltinOperator_SUB, {c, x}, {difference}); // options may be missing
  m.node(BuiltinOperator_DIV, {x, c}, {quotient}).with(div);
  const auto y = run_all<float>(m, {{-3, -1, 1, 7}});
  EXPECT_THAT(y[0], ElementsAre(0, 1, 3, 6));
  EXPECT_THAT(y[1], ElementsAre(5, 3, 1, -5));
  EXPECT_THAT(y[2], ElementsAre(0, 0, 0.5F, 3.5F));
}

TEST(Relu, RescalesInInt8) {
  ModelBuilder m;
  const int x = m.input(kI8, {4}, {{0.5F}, {10}});
  const int relu = m.output(m.tensor(kI8, {4}, {{0.25F}, {-128}}));
  const int relu6 = m.output(m.tensor(kI8, {4}, {{0.5F}, {10}}));
  const int relu1 = m.output(m.tensor(kI8, {4}, {{0.25F}, {0}}));
  m.node(BuiltinOperator_RELU, {x}, {relu});
  m.node(BuiltinOperator_RELU6, {x}, {relu6});
  m.node(BuiltinOperator_RELU_N1_TO_1, {x}, {relu1});
  const auto y = run_all<std::int8_t>(m, {{-20, 9, 11, 100}});
  EXPECT_THAT(y[0], ElementsAre(-128, -128, -126, 52));
  EXPECT_THAT(y[1], ElementsAre(10, 10, 11, 22));
  EXPECT_THAT(y[2], ElementsAre(-4, -2, 2, 4));
}

TEST(Activations, FollowTheirDefinition) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 3});
  const int logistic = m.output(m.tensor(kF32, {1, 3}));
  const int tanh = m.output(m.tensor(kF32, {1, 3}));
  const int softmax = m.output(m.tensor(kF32, {1, 3}));
  SoftmaxOptionsT options;
  options.beta = 2;
  m.node(BuiltinOperator_LOGISTIC, {x}, {logistic});
  m.node(BuiltinOperator_TANH, {x}, {tanh});
  m.node(BuiltinOperator_SOFTMAX, {x}, {softmax}).with(options);
  const auto y = run_all<float>(m, {{0, 1, -1}});
  EXPECT_THAT(y[0], Pointwise(FloatNear(1e-6F), Floats{0.5F, 0.731058579F, 0.268941421F}));
  EXPECT_THAT(y[1], Pointwise(FloatNear(1e-6F), Floats{0, 0.761594156F, -0.761594156F}));
  EXPECT_THAT(y[2], Pointwise(FloatNear(1e-6F), Floats{0.117310428F, 0.866813332F, 0.015876240F}));
}

TEST(Quantize, ConvertsBetweenFloatAndScales) {
  ModelBuilder m;
  const int x = m.input(kF32, {3});
  const int q = m.tensor(kI8, {3}, {{0.5F}, {1}});
  const int wider = m.tensor(kI8, {3}, {{1}, {0}});
  const int y = m.output(m.tensor(kF32, {3}));
  m.node(BuiltinOperator_QUANTIZE, {x}, {q});
  m.node(BuiltinOperator_QUANTIZE, {q}, {wider});
  m.node(BuiltinOperator_DEQUANTIZE, {wider}, {y});
  EXPECT_THAT(run<float>(m, {{-2.2F, 0.6F, 200}}), ElementsAre(-2, 1, 63));
}

} // namespace
} // namespace tinyml::tflite
