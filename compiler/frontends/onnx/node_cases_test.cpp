// SPDX-License-Identifier: Apache-2.0
// Every case that ONNX has of its operators: it gives the expected numbers, or a clear error.
#include "compiler/frontends/onnx/node_cases.hpp"

#include "compiler/interpret/interpreter.hpp"
#include "compiler/passes/passes.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace tinyml::onnx {
namespace {

/// Cases that pass; raise it with every operator.
constexpr std::size_t kPassedFloor = 720;

enum class Verdict { kPassed, kUnsupported, kFailed };

struct Outcome {
  Verdict verdict;
  std::string message;
};

/// Runs the graph and compares all outputs.
Outcome run(const NodeCase &test, const ir::Graph &graph) {
  auto interpreter = interpret::Interpreter::prepare(graph);
  if (!interpreter) {
    return {Verdict::kUnsupported, interpreter.error().message};
  }
  const auto inputs = input_data(test, graph);
  if (!inputs) {
    return {Verdict::kFailed, inputs.error().message};
  }
  if (const auto ran = interpreter->run(*inputs); !ran) {
    return {Verdict::kFailed, ran.error().message};
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const std::string wrong = i < test.outputs.size()
                                  ? difference(test.outputs[i], graph.values[graph.outputs[i]].type,
                                               interpreter->output(i))
                                  : "is one more than expected";
    if (!wrong.empty()) {
      return {Verdict::kFailed, "output " + std::to_string(i) + " " + wrong};
    }
  }
  return {Verdict::kPassed, ""};
}

/// As imported and in canonical form.
Outcome run_both(const NodeCase &test) {
  auto graph = import_node_case(test);
  if (!graph) {
    return {Verdict::kUnsupported, graph.error().message};
  }
  // Some operators are computed in canonical form only.
  if (Outcome plain = run(test, *graph); plain.verdict == Verdict::kFailed) {
    return plain;
  }
  if (const auto passed = passes::run_default_passes(*graph); !passed) {
    return {Verdict::kFailed, "default passes: " + passed.error().message};
  }
  Outcome canonical = run(test, *graph);
  canonical.message = canonical.message.empty() ? "" : "in canonical form: " + canonical.message;
  return canonical;
}

bool names_operator_and_node(const std::string &message) {
  return message.find("node '") != std::string::npos &&
         (message.find("operator '") != std::string::npos ||
          message.find("' (") != std::string::npos);
}

TEST(NodeCases, GiveTheExpectedNumbersOrAClearError) {
  const auto folders = find_node_cases(node_cases_folder());
  if (folders.empty()) {
    GTEST_SKIP() << "needs libonnx-testdata, or TINYML_ONNX_CASES";
  }
  std::size_t passed = 0;
  std::size_t unsupported = 0;
  for (const auto &folder : folders) {
    const NodeCase test = read_node_case(folder);
    const Outcome outcome = run_both(test);
    passed += outcome.verdict == Verdict::kPassed ? 1 : 0;
    if (outcome.verdict == Verdict::kUnsupported) {
      ++unsupported;
      EXPECT_TRUE(names_operator_and_node(outcome.message)) << test.name << ": " << outcome.message;
      std::printf("unsupported %s: %.120s\n", test.name.c_str(), outcome.message.c_str());
    }
    EXPECT_NE(outcome.verdict, Verdict::kFailed) << test.name << ": " << outcome.message;
  }
  std::printf("%zu of %zu cases passed, %zu are unsupported, %zu failed\n", passed, folders.size(),
              unsupported, folders.size() - passed - unsupported);
  EXPECT_GE(passed, kPassedFloor);
}

} // namespace
} // namespace tinyml::onnx
