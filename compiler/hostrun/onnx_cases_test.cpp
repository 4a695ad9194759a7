// SPDX-License-Identifier: Apache-2.0
// ONNX's operator cases through planning, generated code and the host's compiler. With
// TINYML_ALL_CASES every case that the interpreter passes, else every few of them.
#include "compiler/frontends/onnx/node_cases.hpp"
#include "compiler/hostrun/module_batch.hpp"
#include "compiler/passes/passes.hpp"
#include "compiler/plan/plan.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace tinyml::hostrun {
namespace {

constexpr std::size_t kBatch = 40;
constexpr std::size_t kStride = 19; ///< of the subset

struct Compiled {
  onnx::NodeCase test;
  ir::Graph graph;
};

BuildOptions build_options() {
  BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  options.extra_flags = {"-O0", "-w"};
  options.timeout = std::chrono::minutes(10);
  return options;
}

/// The case in canonical form and its code; nothing where it cannot be imported, or is a constant.
std::optional<Compiled> prepare(const std::filesystem::path &folder, ModuleBatch &batch) {
  onnx::NodeCase test = onnx::read_node_case(folder);
  auto graph = onnx::import_node_case(test);
  if (!graph || !passes::run_default_passes(*graph)) {
    return std::nullopt;
  }
  for (const ir::ValueId output : graph->outputs) {
    if (graph->values[output].constant) {
      return std::nullopt;
    }
  }
  const auto plan = plan::make_plan(*graph);
  EXPECT_TRUE(plan.ok()) << test.name << ": " << plan.error().message;
  if (!plan) {
    return std::nullopt;
  }
  codegen::GenerateOptions options;
  options.model_name = test.name;
  const auto module = codegen::generate(*graph, *plan, options);
  if (!module) {
    std::printf("no code for %s: %s\n", test.name.c_str(), module.error().message.c_str());
    EXPECT_EQ(module.error().code, ErrorCode::kUnsupported) << module.error().message;
    EXPECT_NE(module.error().message.find("node '"), std::string::npos) << module.error().message;
    return std::nullopt;
  }
  batch.add(*module);
  return Compiled{std::move(test), std::move(*graph)};
}

void check(const Compiled &compiled, const ModuleBatch &batch, std::size_t index) {
  const auto inputs = onnx::input_data(compiled.test, compiled.graph);
  ASSERT_TRUE(inputs.ok()) << compiled.test.name << ": " << inputs.error().message;
  const auto outputs = batch.run(index, *inputs);
  for (std::size_t i = 0; i < outputs.size() && i < compiled.test.outputs.size(); ++i) {
    EXPECT_EQ(onnx::difference(compiled.test.outputs[i],
                               compiled.graph.values[compiled.graph.outputs[i]].type, outputs[i]),
              "")
        << compiled.test.name << ", output " << i;
  }
}

std::size_t run_batch(std::span<const std::filesystem::path> folders) {
  ModuleBatch batch;
  std::vector<Compiled> compiled;
  for (const auto &folder : folders) {
    if (auto one = prepare(folder, batch)) {
      compiled.push_back(std::move(*one));
    }
  }
  const auto built = batch.build(build_options());
  EXPECT_TRUE(built.ok()) << built.error().message;
  for (std::size_t i = 0; built.ok() && i < compiled.size(); ++i) {
    check(compiled[i], batch, i);
  }
  return compiled.size();
}

TEST(NodeCases, GiveTheExpectedNumbersAsGeneratedCode) {
  auto folders = onnx::find_node_cases(onnx::node_cases_folder());
  if (folders.empty()) {
    GTEST_SKIP() << "needs libonnx-testdata, or TINYML_ONNX_CASES";
  }
  const bool all = std::getenv("TINYML_ALL_CASES") != nullptr;
  std::vector<std::filesystem::path> chosen;
  for (std::size_t i = 0; i < folders.size(); i += all ? 1 : kStride) {
    chosen.push_back(folders[i]);
  }
  std::size_t run = 0;
  for (std::size_t first = 0; first < chosen.size(); first += kBatch) {
    const std::span<const std::filesystem::path> rest(
        chosen.begin() + static_cast<std::ptrdiff_t>(first), chosen.end());
    run += run_batch(rest.first(std::min(kBatch, rest.size())));
  }
  std::printf("%zu of %zu cases ran as generated code\n", run, chosen.size());
  EXPECT_GE(run, chosen.size() / 2);
}

} // namespace
} // namespace tinyml::hostrun
