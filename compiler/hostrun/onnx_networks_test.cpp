// SPDX-License-Identifier: Apache-2.0
// Small networks as exporters write them, from ONNX to compiled code.
#include "compiler/frontends/onnx/import.hpp"
#include "compiler/frontends/onnx/model_builder.hpp"
#include "compiler/hostrun/module_batch.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/passes/passes.hpp"
#include "compiler/plan/plan.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tinyml::hostrun {
namespace {

using onnx::ModelBuilder;

std::vector<float> wave(std::int64_t count, float step) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    values.push_back(std::sin(static_cast<float>(i) * step) * 0.5F);
  }
  return values;
}

std::vector<float> floats(ByteView bytes) {
  return ir::elements_of<float>({"", {}, ir::ConstantData(bytes.begin(), bytes.end())});
}

/// The first output as imported, in canonical form and as compiled code must agree.
void expect_compiles(const ModelBuilder &model, const std::vector<float> &input) {
  auto graph = onnx::import_onnx(model.build());
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  const auto wanted = interpret::run_float(*graph, {input});
  ASSERT_TRUE(wanted.ok()) << wanted.error().message;
  const auto passed = passes::run_default_passes(*graph);
  ASSERT_TRUE(passed.ok()) << passed.error().message;
  const auto canonical = interpret::run_float(*graph, {input});
  ASSERT_TRUE(canonical.ok()) << canonical.error().message;
  const auto plan = plan::make_plan(*graph);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  const auto module = codegen::generate(*graph, *plan, {});
  ASSERT_TRUE(module.ok()) << module.error().message;
  ModuleBatch batch;
  batch.add(*module);
  BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  options.extra_flags = {"-O1"};
  const auto built = batch.build(options);
  ASSERT_TRUE(built.ok()) << built.error().message;
  const ir::ConstantData raw = ir::constant_data(input);
  const ByteView view = raw;
  const auto made = floats(batch.run(0, {&view, 1})[0]);
  ASSERT_EQ(made.size(), (*wanted)[0].size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    EXPECT_NEAR((*canonical)[0][i], (*wanted)[0][i], 1e-5F) << i;
    EXPECT_NEAR(made[i], (*wanted)[0][i], 1e-5F) << i;
  }
}

/// Two heads of attention over four tokens of eight numbers; shapes are computed, as exporters of
/// models with open dimensions write them.
TEST(OnnxNetworks, TransformerBlock) {
  ModelBuilder m(17);
  m.input("x", {1, 4, 8});
  for (const char *name : {"wq", "wk", "wv", "wo"}) {
    m.floats(name, {8, 8}, wave(64, 0.37F));
  }
  m.floats("w1", {8, 16}, wave(128, 0.21F)).floats("w2", {16, 8}, wave(128, 0.13F));
  m.floats("gamma", {8}, wave(8, 0.9F)).floats("beta", {8}, wave(8, 0.7F));
  m.floats("scale", {}, {0.5F}).floats("epsilon", {}, {1e-5F}).floats("two", {}, {2});
  m.floats("root2", {}, {1.41421356F}).floats("one", {}, {1}).floats("half", {}, {0.5F});
  m.ints("zero_index", {0}).ints("heads", {-1, 2, 4}).ints("flat", {0, 0, -1});
  m.node("Shape", {"x"}, "shape_of_x");
  m.node("Gather", {"shape_of_x", "zero_index"}, "batch").with("axis", 0);
  m.node("Concat", {"batch", "heads"}, "split_shape").with("axis", 0);
  for (const std::string head : {"q", "k", "v"}) {
    m.node("MatMul", {"x", "w" + head}, head + "_all");
    m.node("Reshape", {head + "_all", "split_shape"}, head + "_split");
    m.node("Transpose", {head + "_split"}, head)
        .with_list("perm", head == "k" ? std::vector<std::int64_t>{0, 2, 3, 1}
                                       : std::vector<std::int64_t>{0, 2, 1, 3});
  }
  m.node("MatMul", {"q", "k"}, "scores").node("Mul", {"scores", "scale"}, "scaled");
  m.node("Softmax", {"scaled"}, "attention").with("axis", -1);
  m.node("MatMul", {"attention", "v"}, "seen");
  m.node("Transpose", {"seen"}, "seen_t").with_list("perm", {0, 2, 1, 3});
  m.node("Reshape", {"seen_t", "flat"}, "joined").node("MatMul", {"joined", "wo"}, "projected");
  m.node("Add", {"x", "projected"}, "residual");
  m.node("ReduceMean", {"residual"}, "mean").with_list("axes", {-1});
  m.node("Sub", {"residual", "mean"}, "centered").node("Pow", {"centered", "two"}, "squares");
  m.node("ReduceMean", {"squares"}, "variance").with_list("axes", {-1});
  m.node("Add", {"variance", "epsilon"}, "safe").node("Sqrt", {"safe"}, "deviation");
  m.node("Div", {"centered", "deviation"}, "normal").node("Mul", {"normal", "gamma"}, "scaled_n");
  m.node("Add", {"scaled_n", "beta"}, "layer").node("MatMul", {"layer", "w1"}, "h");
  m.node("Div", {"h", "root2"}, "h2").node("Erf", {"h2"}, "e").node("Add", {"e", "one"}, "e1");
  m.node("Mul", {"h", "e1"}, "he").node("Mul", {"he", "half"}, "gelu");
  m.node("MatMul", {"gelu", "w2"}, "out").node("Add", {"layer", "out"}, "y").output("y");
  expect_compiles(m, wave(32, 0.31F));
}

class RecurrentNetwork : public ::testing::TestWithParam<std::pair<std::string, std::int64_t>> {};

TEST_P(RecurrentNetwork, RunsOverSixSteps) {
  const auto &[op, gates] = GetParam();
  ModelBuilder m(14);
  m.input("x", {6, 1, 3});
  m.floats("w", {2, gates * 4, 3}, wave(2 * gates * 12, 0.17F));
  m.floats("r", {2, gates * 4, 4}, wave(2 * gates * 16, 0.23F));
  m.floats("b", {2, gates * 8}, wave(2 * gates * 8, 0.11F));
  m.node(op, {"x", "w", "r", "b"}, "y")
      .with("hidden_size", 4)
      .with_text("direction", "bidirectional");
  m.output("y");
  expect_compiles(m, wave(18, 0.4F));
}

INSTANTIATE_TEST_SUITE_P(Kinds, RecurrentNetwork,
                         ::testing::Values(std::pair{std::string("RNN"), std::int64_t{1}},
                                           std::pair{std::string("GRU"), std::int64_t{3}},
                                           std::pair{std::string("LSTM"), std::int64_t{4}}));

} // namespace
} // namespace tinyml::hostrun
