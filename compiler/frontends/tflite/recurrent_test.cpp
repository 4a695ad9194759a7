// SPDX-License-Identifier: Apache-2.0
// Operators that remember.
#include "compiler/frontends/tflite/run_model.hpp"
#include "compiler/ir/attributes.hpp"

#include <cmath>

namespace tinyml::tflite {
namespace {

using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using namespace schema; // NOLINT(google-build-using-namespace): the format's names, in a test

constexpr TensorType kF32 = TensorType_FLOAT32;
constexpr TensorType kI8 = TensorType_INT8;
constexpr TensorType kI16 = TensorType_INT16;
constexpr TensorType kI32 = TensorType_INT32;
using Floats = std::vector<float>;

int variable(ModelBuilder &m, TensorType type, ModelBuilder::Shape shape, Scales scales = {}) {
  const int index = m.tensor(type, std::move(shape), std::move(scales));
  m.at(index).is_variable = true;
  return index;
}

/// All samples one after the other through one interpreter.
std::vector<float> run_sequence(const ModelBuilder &model, const std::vector<Floats> &samples) {
  const ir::Graph graph = imported(model);
  auto interpreter = interpret::Interpreter::prepare(graph);
  EXPECT_TRUE(interpreter.ok()) << interpreter.error().message;
  Floats outputs;
  for (const Floats &sample : samples) {
    const auto bytes = ir::constant_data(sample);
    const ByteView view = bytes;
    EXPECT_TRUE(interpreter->run({&view, 1}).ok());
    const ByteView made = interpreter->output(0);
    const auto values =
        ir::elements_of<float>({"", {}, ir::ConstantData(made.begin(), made.end())});
    outputs.insert(outputs.end(), values.begin(), values.end());
  }
  return outputs;
}

TEST(Svdf, RemembersTheLastProducts) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 2});
  const int feature = m.floats({2, 2}, {1, 0, 0, 1});
  const int time = m.floats({2, 2}, {1, 10, 2, 20}); // the older product first
  const int bias = m.floats({1}, {0.5F});
  const int y = m.output(m.tensor(kF32, {1, 1}));
  SVDFOptionsT options;
  options.rank = 2;
  options.activation = Activation_RELU;
  m.node(BuiltinOperator_SVDF, {x, feature, time, bias, variable(m, kF32, {1, 4})}, {y})
      .with(options);
  EXPECT_THAT(run_sequence(m, {{1, 2}, {3, 0}, {-9, 0}}),
              Pointwise(FloatNear(1e-5F), Floats{50.5F, 35.5F, 0}));
}

TEST(Svdf, TakesTheScaleOfItsState) {
  ModelBuilder m;
  const int x = m.input(kI8, {1, 2}, {{0.5F}, {1}});
  const int feature = m.constant<std::int8_t>(kI8, {2, 2}, {1, 2, 3, 4}, {{0.25F}, {0}});
  const int time = m.constant<std::int16_t>(kI16, {2, 3}, {1, 2, 3, 4, 5, 6}, {{0.125F}, {0}});
  const int bias = m.constant<std::int32_t>(kI32, {2}, {1, 2});
  const int state = variable(m, kI16, {1, 6}, {{0.0625F}, {0}});
  const int y = m.output(m.tensor(kI8, {1, 2}, {{0.5F}, {0}}));
  SVDFOptionsT options;
  options.rank = 1;
  options.activation = Activation_RELU;
  m.node(BuiltinOperator_SVDF, {x, feature, time, bias, state}, {y}).with(options);
  const ir::Graph graph = imported(m);
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(ir::double_attribute(graph.nodes[0], "state_scale", 0), 0.0625);
  m.at(state).is_variable = false;
  EXPECT_THAT(import_error(m), HasSubstr("(SVDF): keeps its state in tensor 4 't4', which is no"));
}

struct Lstm {
  Lstm() : x(m.input(kF32, {1, 2, 1})) {
    inputs.assign(24, -1);
    inputs[0] = x;
    for (std::size_t gate = 0; gate < 4; ++gate) {
      const auto step = static_cast<float>(gate + 1);
      inputs[1 + gate] = m.floats({1, 1}, {0.25F * step});
      inputs[5 + gate] = m.floats({1, 1}, {-0.5F * step});
      inputs[12 + gate] = m.floats({1}, {0.125F * step});
    }
    inputs[18] = variable(m, kF32, {1, 1});
    inputs[19] = variable(m, kF32, {1, 1});
    y = m.output(m.tensor(kF32, {1, 2, 1}));
    options.activation = Activation_TANH;
  }
  ModelBuilder &model() {
    m.main().operators.clear();
    m.node(BuiltinOperator_UNIDIRECTIONAL_SEQUENCE_LSTM, inputs, {y}).with(options);
    return m;
  }

  ModelBuilder m;
  int x, y = 0;
  std::vector<int> inputs;
  UnidirectionalSequenceLSTMOptionsT options;
};

TEST(Lstm, HasItsGatesInTheFormatsOrder) {
  Lstm lstm;
  const auto sigmoid = [](float v) { return 1.0F / (1.0F + std::exp(-v)); };
  float h = 0;
  float c = 0;
  Floats wanted;
  for (const float x : {1.0F, -2.0F, 0.5F, 3.0F}) {
    const auto gate = [&](float step) { return step * (0.25F * x - 0.5F * h + 0.125F); };
    c = sigmoid(gate(2)) * c + sigmoid(gate(1)) * std::tanh(gate(3));
    h = sigmoid(gate(4)) * std::tanh(c);
    wanted.push_back(h);
  }
  EXPECT_THAT(run_sequence(lstm.model(), {{1, -2}, {0.5F, 3}}),
              Pointwise(FloatNear(1e-6F), wanted));
}

TEST(Lstm, RefusesWhatTheKernelsDoNotDo) {
  Lstm peephole;
  peephole.inputs[10] = peephole.inputs[12];
  EXPECT_THAT(import_error(peephole.model()),
              HasSubstr("(UNIDIRECTIONAL_SEQUENCE_LSTM): is supported without peepholes"));
  Lstm coupled;
  coupled.inputs[1] = -1;
  EXPECT_THAT(import_error(coupled.model()), HasSubstr("lacks input 1"));
  Lstm short_list;
  short_list.inputs.resize(15);
  EXPECT_THAT(import_error(short_list.model()), HasSubstr("lacks input 15"));
  Lstm other;
  other.options.activation = Activation_RELU;
  EXPECT_THAT(import_error(other.model()), HasSubstr("with tanh"));
}

} // namespace
} // namespace tinyml::tflite
