// SPDX-License-Identifier: Apache-2.0
// Modules that remember: generated, compiled and run over several inferences, they must give what
// the interpreter gives, also after both were reset.
#include "compiler/codegen/generate.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/ir/types.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace tinyml::hostrun {
namespace {

using ir::ElementType;
using ir::Op;
using Bytes = std::vector<std::uint8_t>;

class GraphMaker {
public:
  explicit GraphMaker(ElementType element) : element_(element) {
    graph_.name = "remembers";
    const std::int32_t zero = element == ElementType::kInt8 ? -5 : 0;
    const float scale = element == ElementType::kInt8 ? 0.02F : 0.0001F;
    x_ = ir::add_input(graph_, "x", type(element, {2, 3, 4}, scale, zero));
  }

  ir::Graph lstm(bool time_major) {
    const ElementType weight = is_float() ? element_ : ElementType::kInt8;
    const ElementType bias = is_float()                       ? element_
                             : element_ == ElementType::kInt8 ? ElementType::kInt32
                                                              : ElementType::kInt64;
    std::vector<ir::ValueId> inputs = {x_};
    for (const ir::Shape &shape : {ir::Shape{5, 4}, ir::Shape{5, 5}}) {
      for (int gate = 0; gate < 4; ++gate) {
        inputs.push_back(constant(type(weight, shape, 0.005F, 0)));
      }
    }
    for (int gate = 0; gate < 4; ++gate) {
      inputs.push_back(constant(type(bias, {5}, 0.0001F, 0)));
    }
    const std::int32_t zero = element_ == ElementType::kInt8 ? 7 : 0;
    const float scale = element_ == ElementType::kInt8 ? 0.008F : 1.0F / 32768;
    add({Op::kLstm,
         inputs,
         {{"time_major", std::int64_t{time_major}}, {"cell_scale", 1.0 / 2048}, {"cell_clip", 1.5}},
         "lstm",
         "y",
         type(element_, {}, scale, zero)});
    return graph_;
  }

  ir::Graph svdf(ElementType state) {
    const auto flat = ir::add_node(graph_, {Op::kReshape, {x_}, {}, "flat", "", reshaped({3, 8})});
    const ir::ValueId feature = constant(type(element_, {6, 8}, 0.01F, 0));
    const ir::ValueId time = constant(type(state, {6, 4}, 0.01F, 0));
    const ElementType bias = is_float() ? element_ : ElementType::kInt32;
    add({Op::kSvdf,
         {*flat, feature, time, constant(type(bias, {3}, 0.0005F, 0))},
         {{"rank", std::int64_t{2}},
          {"activation", std::string("relu")},
          {"state_scale", 0.05},
          {"state_zero_point", std::int64_t{state == ElementType::kInt8 ? 4 : 0}}},
         "svdf",
         "y",
         type(element_, {}, 0.03F, -128)});
    return graph_;
  }

private:
  bool is_float() const { return element_ == ElementType::kFloat32; }

  static ir::TensorType type(ElementType element, ir::Shape shape, float scale, std::int32_t zero) {
    ir::TensorType result{element, std::move(shape), {}};
    if (element != ElementType::kFloat32) {
      result.quantization = ir::Quantization{{scale}, {zero}, -1};
    }
    return result;
  }

  ir::TensorType reshaped(ir::Shape shape) {
    ir::TensorType result = graph_.values[x_].type;
    result.shape = std::move(shape);
    return result;
  }

  ir::ValueId constant(const ir::TensorType &type) {
    Bytes data(ir::byte_size(type));
    if (type.element == ElementType::kFloat32) {
      std::vector<float> numbers(data.size() / sizeof(float));
      std::generate(numbers.begin(), numbers.end(),
                    [&] { return static_cast<float>(random_() % 2001) * 5e-4F - 0.5F; });
      data = ir::constant_data(numbers);
    } else if (type.element == ElementType::kInt64) {
      data = ir::constant_data(std::vector<std::int64_t>{-900, 7, 100000, 0, -123456});
    } else if (type.element == ElementType::kInt32) {
      std::vector<std::int32_t> numbers(data.size() / sizeof(std::int32_t));
      std::generate(numbers.begin(), numbers.end(),
                    [&] { return static_cast<std::int32_t>(random_() % 2000) - 1000; });
      data = ir::constant_data(numbers);
    } else {
      std::generate(data.begin(), data.end(),
                    [&] { return static_cast<std::uint8_t>(random_() & 0xFF); });
    }
    return ir::add_constant(graph_, "w", type, data);
  }

  void add(ir::NodeSpec spec) {
    const auto y = ir::add_node(graph_, std::move(spec));
    ASSERT_TRUE(y.ok()) << y.error().message;
    graph_.outputs = {*y};
  }

  ElementType element_;
  ir::Graph graph_;
  ir::ValueId x_ = 0;
  std::mt19937 random_{3};
};

Bytes random_input(const ir::TensorType &type, std::mt19937 &random) {
  Bytes data(ir::byte_size(type));
  if (type.element == ElementType::kFloat32) {
    std::vector<float> numbers(data.size() / sizeof(float));
    std::generate(numbers.begin(), numbers.end(),
                  [&] { return static_cast<float>(random() % 2001) * 1e-3F - 1.0F; });
    return ir::constant_data(numbers);
  }
  std::generate(data.begin(), data.end(),
                [&] { return static_cast<std::uint8_t>(random() & 0xFF); });
  return data;
}

void expect_equal(const Bytes &actual, const Bytes &wanted, bool exact) {
  if (exact) {
    EXPECT_EQ(actual, wanted);
    return;
  }
  for (std::size_t i = 0; i + 4 <= wanted.size(); i += 4) {
    float a = 0;
    float w = 0;
    std::memcpy(&a, &actual[i], 4);
    std::memcpy(&w, &wanted[i], 4);
    ASSERT_NEAR(a, w, 1e-5F);
  }
}

/// Runs the same inputs through both, twice, with a reset between; returns the first outputs.
void expect_remembers(const ir::Graph &graph) {
  const auto plan = plan::make_plan(graph);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  const auto module = codegen::generate(graph, *plan, {});
  ASSERT_TRUE(module.ok()) << module.error().message;
  EXPECT_GT(module->state_bytes, 0U);
  BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  options.extra_flags = {"-O1", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"};
  auto host = HostModule::build(module->files, options);
  ASSERT_TRUE(host.ok()) << host.error().message;
  auto interpreter = interpret::Interpreter::prepare(graph);
  ASSERT_TRUE(interpreter.ok()) << interpreter.error().message;
  const ir::TensorType &type = graph.values[graph.inputs[0]].type;
  std::vector<Bytes> first;
  for (int round = 0; round < 2; ++round) {
    std::mt19937 random(11);
    for (int inference = 0; inference < 6; ++inference) {
      const Bytes input = random_input(type, random);
      Bytes output(host->output_bytes());
      ASSERT_TRUE(host->run(input, output).ok());
      const ByteView view(input);
      ASSERT_TRUE(interpreter->run({&view, 1}).ok());
      const ByteView wanted = interpreter->output(0);
      expect_equal(output, Bytes(wanted.begin(), wanted.end()),
                   type.element != ElementType::kFloat32);
      if (round == 0) {
        first.push_back(output);
      } else {
        EXPECT_EQ(output, first[static_cast<std::size_t>(inference)]) << "not as after a reset";
      }
    }
    host->reset();
    interpreter->reset();
  }
  EXPECT_NE(first[0], first[1]);
}

TEST(State, LstmOfEveryType) {
  expect_remembers(GraphMaker(ElementType::kFloat32).lstm(false));
  expect_remembers(GraphMaker(ElementType::kInt8).lstm(false));
  expect_remembers(GraphMaker(ElementType::kInt16).lstm(true));
}

TEST(State, SvdfOfEveryType) {
  expect_remembers(GraphMaker(ElementType::kFloat32).svdf(ElementType::kFloat32));
  expect_remembers(GraphMaker(ElementType::kInt8).svdf(ElementType::kInt8));
  expect_remembers(GraphMaker(ElementType::kInt8).svdf(ElementType::kInt16));
}

TEST(State, IsNoValueOfTheGraph) {
  const ir::Graph graph = GraphMaker(ElementType::kInt8).lstm(false);
  const auto parsed = ir::parse(ir::print(graph));
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_TRUE(ir::equal(*parsed, graph));
  const auto plan = plan::make_plan(graph);
  ASSERT_TRUE(plan.ok());
  ASSERT_EQ(plan->states.size(), 2U);
  EXPECT_EQ(plan->states[0].size_bytes, 10U);   // hidden: 2 x 5 int8
  EXPECT_EQ(plan->states[1].offset_bytes, 12U); // cells: 2 x 5 int16
  EXPECT_EQ(plan->state_bytes, 32U);
}

} // namespace
} // namespace tinyml::hostrun
