// SPDX-License-Identifier: Apache-2.0
// SVDF and LSTM: worked by hand, and quantised against real numbers.
#include "kernels/reference/lstm.hpp"
#include "kernels/reference/svdf.hpp"

#include <gmock/gmock.h>

#include <random>

namespace tinyml::kernels::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

TEST(Svdf, WeighsTheLastProductsOfEveryFilter) {
  // Two units of rank 1, one feature each, two products remembered.
  const SvdfShape shape{1, 2, 2, 1, 2};
  const float feature[] = {1, 2, 0, -1};
  const float time[] = {10, 1, 5, 1};
  const float bias[] = {0.5F, 0};
  float state[4] = {};
  float y[2];
  const float first[] = {1, 1};
  svdf(shape, first, feature, time, bias, {}, state, y);
  EXPECT_THAT(y, ElementsAre(3.5F, -1)); // 3 now, -1 now
  const float second[] = {0, 2};
  svdf(shape, second, feature, time, bias, {0, 100}, state, y);
  EXPECT_THAT(y, ElementsAre(34.5F, 0)); // 10 * 3 + 4 + 0.5; 5 * -1 - 2 is clamped
  EXPECT_THAT(state, ElementsAre(3, 4, -1, -2));
}

TEST(Svdf, JoinsTheFiltersOfAUnit) {
  const SvdfShape shape{2, 1, 1, 2, 1};
  const float feature[] = {1, -3};
  const float time[] = {2, 1};
  const float x[] = {1, 10};
  float state[4] = {};
  float y[2];
  svdf(shape, x, feature, time, nullptr, {}, state, y);
  EXPECT_THAT(y, ElementsAre(-1, -10));
}

TEST(Svdf, QuantisedSaturatesItsState) {
  const SvdfShape shape{1, 2, 1, 1, 2};
  SvdfArithmetic q{-1, quantize_multiplier(0.5), 3, quantize_multiplier(0.25), -10};
  const std::int8_t feature[] = {10, 20};
  const std::int8_t x[] = {1, 2}; // 2 and 3 above the zero point: 20 + 60
  const std::int32_t bias[] = {5};
  const std::int8_t time8[] = {2, 4};
  std::int8_t state8[] = {7, 9};
  std::int8_t y[1];
  svdf(shape, q, x, feature, time8, bias, state8, y);
  EXPECT_THAT(state8, ElementsAre(9, 43));
  EXPECT_EQ(y[0], 35); // (5 + 2 * 6 + 4 * 40) / 4 = 44.25, rounded twice: 89 / 2
  q.to_state = quantize_multiplier(2);
  svdf(shape, q, x, feature, time8, bias, state8, y);
  EXPECT_THAT(state8, ElementsAre(43, 127));
  q.state_zero = 0;
  const std::int16_t time16[] = {2, 4};
  std::int16_t state16[] = {0, 0};
  svdf(shape, q, x, feature, time16, bias, state16, y);
  EXPECT_THAT(state16, ElementsAre(0, 160));
  EXPECT_EQ(y[0], 127); // 645 / 4 - 10 = 151
}

TEST(Lstm, OneCellByHand) {
  const float w[] = {1};
  const float r[] = {0.5F};
  const float b[] = {0};
  const LstmWeights<float, float> weights{{w, w, w, w}, {r, r, r, r}, {b, b, b, b}};
  const float x[] = {1, 0};
  float hidden[1] = {};
  float cell[1] = {};
  float y[2];
  lstm({1, 2, 1, 1}, weights, 0, x, hidden, cell, y);
  // First step: all gates see 1: c = 0.731059 * 0.761594 = 0.556770; h = tanh(c) * 0.731059.
  EXPECT_THAT(y[0], FloatNear(0.369610F, 1e-5F));
  // Then 0.184805: gates 0.546070, tanh 0.182729: c = 0.546070 * 0.55677 + 0.546070 * 0.182729.
  EXPECT_THAT(cell[0], FloatNear(0.403817F, 1e-5F));
  EXPECT_THAT(y[1], FloatNear(0.209260F, 1e-5F));
  EXPECT_EQ(hidden[0], y[1]);
}

TEST(Lstm, ClipsItsCells) {
  const float w[] = {100};
  const float b[] = {0};
  const LstmWeights<float, float> weights{{w, w, w, w}, {b, b, b, b}, {b, b, b, b}};
  const float x[] = {1};
  float hidden[1] = {};
  float cell[1] = {};
  float y[1];
  lstm({1, 1, 1, 1}, weights, 0.25F, x, hidden, cell, y);
  EXPECT_EQ(cell[0], 0.25F);
}

TEST(LstmArithmetic, KnowsItsPowersOfTwo) {
  const LstmMultipliers m = lstm_multipliers(1.0 / 2048, 1, 1.0F / 128);
  EXPECT_EQ(m.forget, quantize_multiplier(1.0 / 32768));
  EXPECT_EQ(m.input, quantize_multiplier(2048.0 / (1 << 30)));
  EXPECT_EQ(m.output, quantize_multiplier(128.0 / (1 << 30)));
  EXPECT_EQ(m.cell_tanh.multiplier, 6); // 2^-11 is one bit above 2^-12
  EXPECT_EQ(m.cell_tanh.shift, 0);
  EXPECT_EQ(m.cell_clip, 2048);
  EXPECT_EQ(lstm_multipliers(1.0 / 32768, 0, 1).cell_tanh.shift, 3);
  // Half open gates on a cell of 1000 and a candidate of 0.5 of Q0.15, scale 2^-11.
  EXPECT_EQ(next_cell(m, 1000, 16384, 16384, 16384), 500 + 512);
  EXPECT_EQ(next_cell(m, 32767, 32767, 32767, 32767), 2048);
}

/// Weights of one gate set, as codes and as numbers.
struct Layer {
  std::vector<std::int8_t> codes;
  std::vector<float> numbers;

  Layer(std::mt19937 &random, std::size_t count, float scale) {
    std::uniform_int_distribution<int> code(-127, 127);
    for (std::size_t i = 0; i < count; ++i) {
      codes.push_back(static_cast<std::int8_t>(code(random)));
      numbers.push_back(scale * static_cast<float>(codes.back()));
    }
  }
};

/// The same sequence in real numbers and with T; largest difference of the outputs.
template <typename T, typename B> double largest_error(float x_scale, float hidden_scale) {
  constexpr LstmShape kShape{2, 12, 5, 7};
  constexpr float kWeight = 0.006F;
  constexpr double kCell = 1.0 / 4096;
  std::mt19937 random(5);
  std::vector<Layer> input;
  std::vector<Layer> recurrent;
  std::vector<std::vector<B>> biases;
  std::vector<std::vector<float>> real_biases;
  LstmArithmetic q{-3 * (sizeof(T) == 1), 9 * (sizeof(T) == 1), {}, {}, {}};
  LstmWeights<std::int8_t, B> weights{};
  LstmWeights<float, float> real{};
  for (int g = 0; g < 4; ++g) {
    input.emplace_back(random, 35U, kWeight);
    recurrent.emplace_back(random, 49U, kWeight);
    biases.emplace_back();
    real_biases.emplace_back();
    for (int j = 0; j < 7; ++j) {
      biases.back().push_back(
          static_cast<B>(static_cast<float>(j - 3) * 0.2F / (x_scale * kWeight)));
      real_biases.back().push_back(static_cast<float>(biases.back().back()) * x_scale * kWeight);
    }
    q.input[g] = gate_multiplier(x_scale, kWeight);
    q.recurrent[g] = gate_multiplier(hidden_scale, kWeight);
  }
  for (std::size_t g = 0; g < 4; ++g) {
    weights.input[g] = input[g].codes.data();
    weights.recurrent[g] = recurrent[g].codes.data();
    weights.bias[g] = biases[g].data();
    real.input[g] = input[g].numbers.data();
    real.recurrent[g] = recurrent[g].numbers.data();
    real.bias[g] = real_biases[g].data();
  }
  q.cell = lstm_multipliers(kCell, 0, hidden_scale);
  std::vector<T> x;
  std::vector<float> real_x;
  std::uniform_int_distribution<int> code(-120, 120);
  for (int i = 0; i < 2 * 12 * 5; ++i) {
    x.push_back(static_cast<T>(code(random) * (sizeof(T) == 1 ? 1 : 250)));
    real_x.push_back(x_scale * static_cast<float>(x.back() - q.x_zero));
  }
  std::vector<T> hidden(14, static_cast<T>(q.hidden_zero));
  std::vector<std::int16_t> cells(14, 0);
  std::vector<T> y(2 * 12 * 7);
  lstm(kShape, weights, q, x.data(), hidden.data(), cells.data(), y.data());
  std::vector<float> real_hidden(14, 0);
  std::vector<float> real_cells(14, 0);
  std::vector<float> real_y(y.size());
  lstm(kShape, real, 0, real_x.data(), real_hidden.data(), real_cells.data(), real_y.data());
  double largest = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double got = static_cast<double>(hidden_scale) * (y[i] - q.hidden_zero);
    largest = std::max(largest, std::abs(got - static_cast<double>(real_y[i])));
  }
  return largest;
}

TEST(Lstm, QuantisedFollowsTheRealOne) {
  EXPECT_LT((largest_error<std::int8_t, std::int32_t>(0.02F, 0.008F)), 0.03);
  EXPECT_LT((largest_error<std::int16_t, std::int64_t>(0.00008F, 1.0F / 32768)), 0.003);
}

TEST(Lstm, TimeMajorIsTheSameSequenceInAnotherOrder) {
  const float w[] = {0.5F, -0.25F};
  const float r[] = {0.3F};
  const float b[] = {0.1F};
  const LstmWeights<float, float> weights{{w, w, w, w}, {r, r, r, r}, {b, b, b, b}};
  const float batch_major[] = {1, 2, 3, 4, 5, 6, 7, 8}; // two sequences of two steps
  const float time_major[] = {1, 2, 5, 6, 3, 4, 7, 8};
  float hidden[4] = {};
  float cell[4] = {};
  float y[4];
  float z[4];
  lstm({2, 2, 2, 1}, weights, 0, batch_major, hidden, cell, y);
  lstm({2, 2, 2, 1, true}, weights, 0, time_major, hidden + 2, cell + 2, z);
  EXPECT_THAT(z, ElementsAre(y[0], y[2], y[1], y[3]));
}

} // namespace
} // namespace tinyml::kernels::reference
