// SPDX-License-Identifier: Apache-2.0
// Functions of one and of two elements, reductions, and what integers cannot do.
#include "compiler/frontends/tflite/run_model.hpp"

#include <cmath>

namespace tinyml::tflite {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using namespace schema; // NOLINT(google-build-using-namespace): the format's names, in a test

constexpr TensorType kF32 = TensorType_FLOAT32;
constexpr TensorType kI8 = TensorType_INT8;
using Floats = std::vector<float>;

struct UnaryCase {
  BuiltinOperator code;
  Floats wanted; ///< of 0.25, 1, 2.5
};

TEST(Unary, IsTheFunctionOfItsName) {
  const std::vector<UnaryCase> cases = {
      {BuiltinOperator_ABS, {0.25F, 1, 2.5F}},
      {BuiltinOperator_NEG, {-0.25F, -1, -2.5F}},
      {BuiltinOperator_EXP, {1.28402542F, 2.71828183F, 12.1824940F}},
      {BuiltinOperator_LOG, {-1.38629436F, 0, 0.916290732F}},
      {BuiltinOperator_SQRT, {0.5F, 1, 1.58113883F}},
      {BuiltinOperator_RSQRT, {2, 1, 0.632455532F}},
      {BuiltinOperator_SQUARE, {0.0625F, 1, 6.25F}},
      {BuiltinOperator_SIN, {0.247403959F, 0.841470985F, 0.598472144F}},
      {BuiltinOperator_COS, {0.968912422F, 0.540302306F, -0.801143616F}},
      {BuiltinOperator_FLOOR, {0, 1, 2}},
      {BuiltinOperator_CEIL, {1, 1, 3}},
      {BuiltinOperator_ROUND, {0, 1, 2}},
      {BuiltinOperator_HARD_SWISH, {0.135416667F, 0.666666667F, 2.29166667F}},
      {BuiltinOperator_ELU, {0.25F, 1, 2.5F}},
      {BuiltinOperator_GELU, {0.149676583F, 0.841344746F, 2.48447587F}},
  };
  for (const UnaryCase &one : cases) {
    ModelBuilder m;
    const int x = m.input(kF32, {3});
    const int y = m.output(m.tensor(kF32, {3}));
    m.node(one.code, {x}, {y});
    EXPECT_THAT(run<float>(m, {{0.25F, 1, 2.5F}}), Pointwise(FloatNear(1e-5F), one.wanted))
        << EnumNameBuiltinOperator(one.code);
  }
}

TEST(Unary, HasParametersAndNegativeSides) {
  ModelBuilder m;
  const int x = m.input(kF32, {2});
  const int leaky = m.output(m.tensor(kF32, {2}));
  const int elu = m.output(m.tensor(kF32, {2}));
  const int gelu = m.output(m.tensor(kF32, {2}));
  LeakyReluOptionsT slope;
  slope.alpha = 0.125F;
  GeluOptionsT approximate;
  approximate.approximate = true;
  m.node(BuiltinOperator_LEAKY_RELU, {x}, {leaky}).with(slope);
  m.node(BuiltinOperator_ELU, {x}, {elu});
  m.node(BuiltinOperator_GELU, {x}, {gelu}).with(approximate);
  const auto y = run_all<float>(m, {{-1, 2}});
  EXPECT_THAT(y[0], ElementsAre(-0.125F, 2));
  EXPECT_THAT(y[1], Pointwise(FloatNear(1e-6F), Floats{-0.632120559F, 2}));
  EXPECT_THAT(y[2], Pointwise(FloatNear(1e-5F), Floats{-0.158808009F, 1.95459769F}));
}

TEST(Binary, BroadcastsAndChooses) {
  ModelBuilder m;
  const int x = m.input(kF32, {2, 2});
  const int c = m.floats({2}, {1, -2});
  const std::vector<BuiltinOperator> codes = {BuiltinOperator_MAXIMUM, BuiltinOperator_MINIMUM,
                                              BuiltinOperator_SQUARED_DIFFERENCE,
                                              BuiltinOperator_PRELU};
  for (const BuiltinOperator code : codes) {
    m.node(code, {x, c}, {m.output(m.tensor(kF32, {2, 2}))});
  }
  const auto y = run_all<float>(m, {{0, 0, 3, -5}});
  EXPECT_THAT(y[0], ElementsAre(1, 0, 3, -2));
  EXPECT_THAT(y[1], ElementsAre(0, -2, 1, -5));
  EXPECT_THAT(y[2], ElementsAre(1, 4, 4, 9));
  EXPECT_THAT(y[3], ElementsAre(0, 0, 3, 10));
}

TEST(Binary, ComparesAndSelects) {
  ModelBuilder m;
  const int x = m.input(kF32, {3});
  const int zero = m.floats({1}, {0});
  const int less = m.tensor(TensorType_BOOL, {3});
  const int y = m.output(m.tensor(kF32, {3}));
  m.node(BuiltinOperator_LESS, {x, zero}, {less});
  m.node(BuiltinOperator_SELECT_V2, {less, zero, x}, {y});
  EXPECT_THAT(run<float>(m, {{-1, 0, 2}}), ElementsAre(0, 0, 2));
}

TEST(Binary, ChoosesBetweenCodesOfOneScaleOnly) {
  for (const float other : {0.5F, 0.25F}) {
    ModelBuilder m;
    const int a = m.input(kI8, {2}, {{0.5F}, {3}});
    const int b = m.input(kI8, {2}, {{other}, {3}});
    const int y = m.output(m.tensor(kI8, {2}, {{0.5F}, {3}}));
    m.node(BuiltinOperator_MAXIMUM, {a, b}, {y});
    if (other == 0.5F) {
      EXPECT_THAT(run<std::int8_t>(m, {{1, 2}, {-9, 9}}), ElementsAre(1, 9));
    } else {
      EXPECT_THAT(import_error(m), HasSubstr("(MAXIMUM): is supported in integers only where"));
    }
  }
}

struct Int8Case {
  BuiltinOperator code;
  float (*function)(float);
};

/// Every code within a step of the function; what fixed point makes of it bit for bit is tested
/// with the kernels.
TEST(Unary, HasAnInt8Form) {
  const std::vector<Int8Case> cases = {
      {BuiltinOperator_LOGISTIC, [](float x) { return 1 / (1 + std::exp(-x)); }},
      {BuiltinOperator_TANH, [](float x) { return std::tanh(x); }},
      {BuiltinOperator_HARD_SWISH,
       [](float x) { return x * std::fmin(std::fmax(x + 3, 0.0F), 6.0F) / 6; }},
      {BuiltinOperator_ELU, [](float x) { return x > 0 ? x : std::expm1(x); }},
      {BuiltinOperator_GELU, [](float x) { return x * std::erfc(-x * 0.707106781F) / 2; }},
      {BuiltinOperator_ABS, [](float x) { return std::fabs(x); }},
      {BuiltinOperator_EXP, [](float x) { return std::exp(x); }},
  };
  constexpr float kScale = 0.03125F;
  for (const Int8Case &one : cases) {
    ModelBuilder m;
    const int x = m.input(kI8, {255}, {{kScale}, {10}});
    const int y = m.output(m.tensor(kI8, {255}, {{kScale}, {-20}}));
    m.node(one.code, {x}, {y});
    const auto codes = counting<std::int8_t>(255, -127);
    const auto made = run<std::int8_t>(m, {codes});
    ASSERT_EQ(made.size(), codes.size()) << EnumNameBuiltinOperator(one.code);
    for (std::size_t i = 0; i < made.size(); ++i) {
      const float real = one.function(kScale * static_cast<float>(codes[i] - 10));
      const float wanted = std::fmin(std::fmax(real / kScale - 20, -128.0F), 127.0F);
      ASSERT_NEAR(static_cast<float>(made[i]), wanted, 1.01F)
          << EnumNameBuiltinOperator(one.code) << " of " << static_cast<int>(codes[i]);
    }
  }
}

TEST(Cast, RoundsTowardsZero) {
  ModelBuilder m;
  const int x = m.input(kF32, {2});
  const int whole = m.tensor(TensorType_INT32, {2});
  const int y = m.output(m.tensor(kF32, {2}));
  m.node(BuiltinOperator_CAST, {x}, {whole});
  m.node(BuiltinOperator_CAST, {whole}, {y});
  EXPECT_THAT(run<float>(m, {{-1.75F, 2.5F}}), ElementsAre(-1, 2));
}

TEST(Reduce, SumsAndChoosesAlongAxes) {
  ModelBuilder m;
  const int x = m.input(kF32, {2, 3});
  const int sum = m.output(m.tensor(kF32, {2}));
  const int largest = m.output(m.tensor(kF32, {1, 3}));
  ReducerOptionsT keeps;
  keeps.keep_dims = true;
  m.node(BuiltinOperator_SUM, {x, m.ints({-1})}, {sum}).with(ReducerOptionsT{});
  m.node(BuiltinOperator_REDUCE_MAX, {x, m.ints({0})}, {largest}).with(keeps);
  const auto y = run_all<float>(m, {{1, 2, 3, -4, 5, 0}});
  EXPECT_THAT(y[0], ElementsAre(6, 1));
  EXPECT_THAT(y[1], ElementsAre(1, 5, 3));
}

TEST(Reduce, NamesTheLargest) {
  ModelBuilder m;
  const int x = m.input(kF32, {2, 3});
  const int best = m.tensor(TensorType_INT32, {2});
  const int y = m.output(m.tensor(kF32, {2}));
  m.node(BuiltinOperator_ARG_MAX, {x, m.ints({-1})}, {best});
  m.node(BuiltinOperator_CAST, {best}, {y});
  EXPECT_THAT(run<float>(m, {{1, 2, 3, -4, 5, 0}}), ElementsAre(2, 1));
}

TEST(Reduce, NormalisesRows) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 2});
  const int logs = m.output(m.tensor(kF32, {1, 2}));
  const int unit = m.output(m.tensor(kF32, {1, 2}));
  m.node(BuiltinOperator_LOG_SOFTMAX, {x}, {logs});
  m.node(BuiltinOperator_L2_NORMALIZATION, {x}, {unit});
  const auto y = run_all<float>(m, {{3, 4}});
  EXPECT_THAT(y[0], Pointwise(FloatNear(1e-5F), Floats{-1.31326169F, -0.313261688F}));
  EXPECT_THAT(y[1], Pointwise(FloatNear(1e-6F), Floats{0.6F, 0.8F}));
}

TEST(Reduce, DoesNotMultiplyCodes) {
  ModelBuilder m;
  const int x = m.input(kI8, {2, 3}, {{0.5F}, {3}});
  const int y = m.output(m.tensor(kI8, {2}, {{0.5F}, {3}}));
  m.node(BuiltinOperator_REDUCE_PROD, {x, m.ints({1})}, {y}).with(ReducerOptionsT{});
  EXPECT_THAT(import_error(m),
              HasSubstr("(REDUCE_PROD): is not supported in quantised arithmetic"));
}

} // namespace
} // namespace tinyml::tflite
