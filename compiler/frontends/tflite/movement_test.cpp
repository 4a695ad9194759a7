// SPDX-License-Identifier: Apache-2.0
// Operators that move elements.
#include "compiler/frontends/tflite/run_model.hpp"

namespace tinyml::tflite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace schema; // NOLINT(google-build-using-namespace): the format's names, in a test

constexpr TensorType F32 = TensorType_FLOAT32;
constexpr TensorType I8 = TensorType_INT8;

TEST(Reshape, TakesTheDeclaredShape) {
  ModelBuilder m;
  const int x = m.input(F32, {1, 2, 3});
  const int flat = m.tensor(F32, {6});
  const int longer = m.tensor(F32, {6, 1});
  const int y = m.output(m.tensor(F32, {6}));
  m.node(BuiltinOperator_RESHAPE, {x, m.ints({-1})}, {flat});
  m.node(BuiltinOperator_EXPAND_DIMS, {flat, m.ints({1})}, {longer});
  m.node(BuiltinOperator_SQUEEZE, {longer}, {y});
  EXPECT_EQ(run<float>(m, {counting(6)}), counting(6));
}

TEST(Reshape, DoesNotChangeTheScale) {
  ModelBuilder m;
  const int x = m.input(I8, {2}, {{0.5F}, {0}});
  const int y = m.output(m.tensor(I8, {2, 1}, {{0.25F}, {0}}));
  m.node(BuiltinOperator_RESHAPE, {x}, {y});
  EXPECT_THAT(import_error(m), HasSubstr("node 0 't1' (RESHAPE): changes the scale"));
}

TEST(Transpose, Permutes) {
  ModelBuilder m;
  const int x = m.input(F32, {2, 3});
  const int y = m.output(m.tensor(F32, {3, 2}));
  m.node(BuiltinOperator_TRANSPOSE, {x, m.ints({1, 0})}, {y});
  EXPECT_THAT(run<float>(m, {counting(6)}), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(Concatenation, JoinsAlongAnAxisFromTheBack) {
  ModelBuilder m;
  const int x = m.input(F32, {2, 1});
  const int c = m.floats({2, 2}, {1, 2, 3, 4});
  const int y = m.output(m.tensor(F32, {2, 3}));
  ConcatenationOptionsT options;
  options.axis = -1;
  options.activation = Activation_RELU;
  m.node(BuiltinOperator_CONCATENATION, {x, c}, {y}).with(options);
  EXPECT_THAT(run<float>(m, {{-9, 8}}), ElementsAre(0, 1, 2, 8, 3, 4));
}

TEST(Pad, FillsWithZeroOrAValueInBothArithmetics) {
  ModelBuilder m;
  const int x = m.input(F32, {1, 2});
  const int q = m.tensor(I8, {1, 2}, {{0.5F}, {3}});
  const int zero = m.tensor(I8, {2, 3}, {{0.5F}, {3}});
  const int filled = m.tensor(I8, {1, 3}, {{0.5F}, {3}});
  m.output(zero);
  m.output(filled);
  const int value = m.constant<std::int8_t>(I8, {1}, {7}, {{0.5F}, {3}});
  m.node(BuiltinOperator_QUANTIZE, {x}, {q});
  m.node(BuiltinOperator_PAD, {q, m.constant<std::int32_t>(TensorType_INT32, {2, 2}, {1, 0, 0, 1})},
         {zero});
  m.node(BuiltinOperator_PADV2,
         {q, m.constant<std::int64_t>(TensorType_INT64, {2, 2}, {0, 0, 1, 0}), value}, {filled});
  const auto graph = imported(m);
  const auto y = run_bytes(graph, {ir::constant_data<float>({1, 2})});
  EXPECT_THAT(y[0], ElementsAre(3, 3, 3, 5, 7, 3));
  EXPECT_THAT(y[1], ElementsAre(7, 5, 7));
}

TEST(Mean, ReducesAxesFromBothEnds) {
  ModelBuilder m;
  const int x = m.input(F32, {1, 2, 2, 2});
  const int y = m.output(m.tensor(F32, {1, 2}));
  m.node(BuiltinOperator_MEAN, {x, m.ints({1, -2})}, {y}).with(ReducerOptionsT{});
  EXPECT_THAT(run<float>(m, {counting(8)}), ElementsAre(3, 4));
}

} // namespace
} // namespace tinyml::tflite
