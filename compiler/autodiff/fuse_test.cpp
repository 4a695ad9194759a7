// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/training_step.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <random>

namespace tinyml::autodiff {
namespace {

using ir::Op;
using Floats = std::vector<float>;

Floats noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  Floats values(count);
  std::generate(values.begin(), values.end(),
                [&] { return static_cast<float>(random() % 2001) * 1e-3F - 1; });
  return values;
}

std::string zeros(const std::string &name, const std::string &shape, std::size_t count) {
  return "const %" + name + " : f32" + shape + " = hex \"" + std::string(8 * count, '0') + "\"\n";
}

/// Two convolutions with pools, the first with an odd height; `activation` of the first one.
ir::Graph model(const std::string &activation) {
  const std::string text =
      "graph \"g\" {\ninput %x : f32[1,7,8,2]\n" + zeros("w1", "[3,3,3,2]", 54) +
      zeros("b1", "[3]", 3) + zeros("w2", "[4,2,2,3]", 48) + zeros("w3", "[5,8]", 40) +
      zeros("b3", "[5]", 5) + "%a : f32[1,7,8,3] = conv2d(%x, %w1, %b1) {pads=[1,1,1,1], " +
      "activation=\"" + activation + "\"}\n" + R"(
%b : f32[1,3,4,3] = max_pool2d(%a) {kernel=[2,2], strides=[2,2]}
%c : f32[1,2,4,4] = conv2d(%b, %w2) {pads=[0,0,0,1]}
%d : f32[1,1,2,4] = max_pool2d(%c) {kernel=[2,2], strides=[2,2]}
%e : f32[1,8] = reshape(%d)
%y : f32[1,5] = fully_connected(%e, %w3, %b3)
output %y
}
)";
  auto graph = ir::parse(text);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  unsigned seed = 1;
  for (ir::Value &value : graph->values) {
    if (value.constant) {
      value.constant = ir::constant_data(
          noise(static_cast<std::size_t>(ir::element_count(value.type.shape)), seed++));
    }
  }
  return *std::move(graph);
}

TrainingStep step_of(const ir::Graph &net, TrainingOptions options) {
  auto step = make_training_step(net, options);
  EXPECT_TRUE(step.ok()) << step.error().message;
  return step ? *std::move(step) : TrainingStep{};
}

std::int64_t count(const ir::Graph &graph, Op op) {
  return std::count_if(graph.nodes.begin(), graph.nodes.end(),
                       [op](const ir::Node &node) { return node.op == op; });
}

/// Losses, outputs and parameters after three steps.
std::vector<Floats> train(const TrainingStep &step) {
  auto interpreter = interpret::Interpreter::prepare(step.graph);
  EXPECT_TRUE(interpreter.ok()) << interpreter.error().message;
  const auto floats = [](ByteView bytes) {
    Floats values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  };
  for (unsigned round = 0; round < 3; ++round) {
    const auto &x = step.graph.values[step.graph.inputs[0]].type;
    const auto batch = static_cast<std::size_t>(x.shape.back());
    const auto image =
        ir::constant_data(noise(static_cast<std::size_t>(ir::element_count(x.shape)), 50 + round));
    std::vector<std::int32_t> classes(batch);
    std::generate(classes.begin(), classes.end(), [n = 0]() mutable { return n++ % 6; });
    const auto labels = ir::constant_data(classes);
    const auto rate = ir::constant_data(Floats{0.1F});
    const std::vector<ByteView> inputs = {image, labels, rate};
    EXPECT_TRUE(interpreter->run(inputs).ok());
  }
  std::vector<Floats> results = {floats(interpreter->output(0)), floats(interpreter->output(1))};
  for (const Parameter &parameter : step.parameters) {
    results.push_back(floats(interpreter->value(parameter.value)));
  }
  return results;
}

class Fused : public ::testing::TestWithParam<std::tuple<std::string, int>> {};

TEST_P(Fused, StepsComputeTheSame) {
  const auto &[activation, batch] = GetParam();
  const ir::Graph net = model(activation);
  const TrainingStep plain = step_of(net, {.batch = batch});
  const TrainingStep fused = step_of(net, {.batch = batch, .fuse = true});
  EXPECT_EQ(count(fused.graph, Op::kConv2dMaxPool), 2);
  EXPECT_EQ(count(fused.graph, Op::kMaxPool2dGradient), 0);
  EXPECT_EQ(count(fused.graph, Op::kPooledConv2dFilterSgd), 2);
  EXPECT_EQ(count(fused.graph, Op::kFullyConnectedFilterSgd), 1);
  const auto wanted = train(plain);
  const auto actual = train(fused);
  ASSERT_EQ(actual.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_THAT(actual[i], ::testing::Pointwise(::testing::FloatNear(1e-5F), wanted[i])) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Activations, Fused,
                         ::testing::Combine(::testing::Values("none", "relu", "relu6"),
                                            ::testing::Values(1, 3)));

TEST(Fuse, KeepsGradientsThatAnotherOperatorReads) {
  const ir::Graph net = model("relu");
  const TrainingStep momentum =
      step_of(net, {.optimizer = Optimizer::kMomentum, .batch = 2, .fuse = true});
  EXPECT_EQ(count(momentum.graph, Op::kPooledConv2dFilterGradient), 2);
  EXPECT_EQ(count(momentum.graph, Op::kFullyConnectedFilterSgd), 0);
  const TrainingStep controlled =
      step_of(net, {.correction = Correction::kControl, .batch = 2, .fuse = true});
  EXPECT_EQ(count(controlled.graph, Op::kPooledConv2dFilterSgd), 0);
}

TEST(Fuse, ItsOperatorsPrintAndParse) {
  const TrainingStep fused = step_of(model("relu"), {.batch = 2, .fuse = true});
  const auto again = ir::parse(ir::print(fused.graph));
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(ir::print(*again), ir::print(fused.graph));
}

} // namespace
} // namespace tinyml::autodiff
