// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/strips.hpp"

#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/text.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tinyml::passes {
namespace {

using ir::ElementType;
using ir::Op;

/// Random chains of windows and elementwise operators over small images.
class ChainMaker {
public:
  ChainMaker(unsigned seed, bool int8) : random_(seed), int8_(int8) {}

  ir::Graph make() {
    ir::Graph graph;
    ir::ValueId x = ir::add_input(graph, "x", type({1, pick(5, 19), pick(4, 9), pick(1, 3)}, 0.1F));
    const std::int64_t length = pick(1, 5);
    for (std::int64_t i = 0; i < length; ++i) {
      x = add_operator(graph, x).value_or(x);
    }
    if (graph.nodes.empty()) {
      x = *add_convolution(graph, x);
    }
    graph.outputs = {x};
    ir::remove_dead(graph);
    return graph;
  }

  std::vector<std::uint8_t> bytes(std::size_t count) {
    std::vector<std::uint8_t> data(count);
    for (std::uint8_t &byte : data) {
      byte = static_cast<std::uint8_t>(pick(0, 255));
    }
    return data;
  }

  std::vector<std::uint8_t> elements(const ir::TensorType &of) {
    if (int8_) {
      return bytes(ir::byte_size(of));
    }
    std::vector<float> numbers(static_cast<std::size_t>(ir::element_count(of.shape)));
    for (float &number : numbers) {
      number = std::uniform_real_distribution<float>(-2, 2)(random_);
    }
    return ir::constant_data(numbers);
  }

  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

private:
  ir::TensorType type(ir::Shape shape, float scale) {
    if (!int8_) {
      return {ElementType::kFloat32, std::move(shape), {}};
    }
    return {ElementType::kInt8, std::move(shape),
            ir::Quantization{{scale}, {static_cast<std::int32_t>(pick(-20, 20))}}};
  }

  std::optional<ir::ValueId> add(ir::Graph &graph, Op op, std::vector<ir::ValueId> inputs,
                                 ir::Attributes attributes) {
    const auto declared = type({}, 0.2F);
    const auto made = ir::add_node(graph, {.op = op,
                                           .inputs = std::move(inputs),
                                           .attributes = std::move(attributes),
                                           .name = "n" + std::to_string(graph.nodes.size()),
                                           .declared = declared});
    return made.ok() ? std::optional(*made) : std::nullopt; // windows larger than their image
  }

  ir::ValueId weights(ir::Graph &graph, ir::Shape shape) {
    ir::TensorType of = type(std::move(shape), 0.02F);
    if (of.quantization) {
      of.quantization->zero_points = {0};
    }
    auto data = elements(of);
    return ir::add_constant(graph, "w", std::move(of), std::move(data));
  }

  ir::Attributes window(std::int64_t kernel) {
    return {{"strides", std::vector<std::int64_t>{pick(1, 2), pick(1, 2)}},
            {"pads", std::vector<std::int64_t>{pick(0, kernel - 1), pick(0, kernel - 1),
                                               pick(0, kernel - 1), pick(0, kernel - 1)}}};
  }

  std::optional<ir::ValueId> add_convolution(ir::Graph &graph, ir::ValueId x) {
    const std::int64_t channels = graph.values[x].type.shape[3];
    const std::int64_t kernel = pick(1, 4);
    ir::Attributes attributes = window(kernel);
    attributes["dilations"] = std::vector<std::int64_t>{pick(1, 2), 1};
    attributes["activation"] = std::string(pick(0, 1) == 0 ? "none" : "relu");
    const bool depthwise = pick(0, 1) == 0;
    const ir::Shape filter = depthwise ? ir::Shape{1, kernel, kernel, channels}
                                       : ir::Shape{pick(1, 4), kernel, kernel, channels};
    const auto made = add(graph, depthwise ? Op::kDepthwiseConv2d : Op::kConv2d,
                          {x, weights(graph, filter)}, attributes);
    return made || !graph.nodes.empty()
               ? made
               : add(graph, Op::kConv2d, {x, weights(graph, {2, 1, 1, channels})}, {});
  }

  std::optional<ir::ValueId> add_operator(ir::Graph &graph, ir::ValueId x) {
    const std::int64_t kind = pick(0, 9);
    if (kind < 5 || graph.nodes.empty()) {
      return add_convolution(graph, x);
    }
    if (kind < 8) {
      const std::int64_t kernel = pick(1, 3);
      ir::Attributes attributes = window(kernel);
      attributes["kernel"] = std::vector<std::int64_t>{kernel, kernel};
      return add(graph, kind == 5 ? Op::kMaxPool2d : Op::kAveragePool2d, {x}, attributes);
    }
    if (kind == 8) {
      return add(graph, Op::kRelu, {x}, {});
    }
    return add(graph, Op::kAdd, {weights(graph, {graph.values[x].type.shape[3]}), x}, {});
  }

  std::mt19937 random_;
  bool int8_;
};

std::vector<std::uint8_t> run(const ir::Graph &graph, const std::vector<std::uint8_t> &input) {
  auto interpreter = interpret::Interpreter::prepare(graph);
  EXPECT_TRUE(interpreter.ok()) << interpreter.error().message << ir::print(graph);
  const ByteView views[] = {{input.data(), input.size()}};
  EXPECT_TRUE(interpreter->run(views).ok());
  const ByteView output = interpreter->output(0);
  return {output.begin(), output.end()};
}

/// How many graphs were really split.
int expect_same_bits(unsigned seed, bool int8) {
  ChainMaker maker(seed, int8);
  const ir::Graph graph = maker.make();
  const std::size_t chain = find_strip_chain(graph).size();
  EXPECT_EQ(chain, graph.nodes.size()) << ir::print(graph);
  const StripOptions options{
      static_cast<std::size_t>(maker.pick(1, static_cast<std::int64_t>(chain))), maker.pick(2, 24)};
  const auto split = split_into_strips(graph, options);
  if (!split.ok()) {
    EXPECT_EQ(split.error().code, ErrorCode::kUnsupported)
        << split.error().message << ir::print(graph);
    return 0;
  }
  const auto input = maker.elements(graph.values[graph.inputs[0]].type);
  EXPECT_EQ(run(graph, input), run(*split, input)) << ir::print(graph) << ir::print(*split);
  return 1;
}

TEST(Strips, RandomChainsKeepEveryBit) {
  for (const bool int8 : {true, false}) {
    int split = 0;
    for (unsigned seed = 0; seed < 300; ++seed) {
      split += expect_same_bits(seed, int8);
      ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed << ", int8 " << int8;
    }
    EXPECT_GT(split, 200);
  }
}

ir::Graph parsed(const std::string &statements) {
  auto graph = ir::parse("graph \"g\" {\n" + statements + "}\n");
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  return *std::move(graph);
}

TEST(Strips, HaloAndPadsOfASplitInTwo) {
  const ir::Graph graph = parsed("input %x : f32[1,8,4,1]\n"
                                 "const %w : f32[1,3,3,1] = [1,2,3,4,5,6,7,8,9]\n"
                                 "%a : f32[1,8,4,1] = conv2d(%x, %w) {pads=[1,1,1,1]}\n"
                                 "%b : f32[1,8,4,1] = conv2d(%a, %w) {pads=[1,1,1,1]}\n"
                                 "output %b\n");
  const auto split = split_into_strips(graph, {2, 2});
  ASSERT_TRUE(split.ok()) << split.error().message;
  const std::string text = ir::print(*split);
  EXPECT_NE(text.find("{pads=[1,1,-2,1]}"), std::string::npos)
      << text; // rows 0…5 of x for 0…4 of a
  EXPECT_NE(text.find("{pads=[1,1,0,1]}"), std::string::npos) << text;
  EXPECT_NE(text.find("{pads=[-2,1,1,1]}"), std::string::npos) << text;
  EXPECT_NE(text.find("{pads=[0,1,1,1]}"), std::string::npos) << text;
  EXPECT_EQ(convolution_macs(graph), 2U * 8 * 4 * 9);
  EXPECT_EQ(convolution_macs(*split), (2U * 8 + 2) * 4 * 9);
}

TEST(Strips, AValueWithTwoReadersEndsTheChain) {
  const ir::Graph graph = parsed("input %x : f32[1,8,4,1]\n"
                                 "const %w : f32[1,1,1,1] = [2]\n"
                                 "%a : f32[1,8,4,1] = conv2d(%x, %w)\n"
                                 "%b : f32[1,8,4,1] = relu(%a)\n"
                                 "%c : f32[1,8,4,1] = add(%a, %b)\n"
                                 "output %c\n");
  EXPECT_EQ(find_strip_chain(graph).size(), 1U);
  EXPECT_FALSE(split_into_strips(graph, {2, 2}).ok());
  EXPECT_TRUE(split_into_strips(graph, {1, 2}).ok());
  EXPECT_FALSE(split_into_strips(graph, {1, 1}).ok());
}

TEST(Strips, BatchesAreLeftAlone) {
  const ir::Graph graph =
      parsed("input %x : f32[2,8,4,1]\n"
             "%a : f32[2,4,2,1] = max_pool2d(%x) {kernel=[2,2], strides=[2,2]}\n"
             "output %a\n");
  EXPECT_TRUE(find_strip_chain(graph).empty());
}

} // namespace
} // namespace tinyml::passes
