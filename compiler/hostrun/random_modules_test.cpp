// SPDX-License-Identifier: Apache-2.0
// Planned, generated, compiled and run: a module must compute what the interpreter computes.
#include "compiler/hostrun/host_module.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "compiler/hostrun/random_graph.hpp"

#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/ir/types.hpp"
#include "host/process.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>
#include <regex>

namespace tinyml::hostrun {
namespace {

using ir::ElementType;
using ::testing::HasSubstr;

BuildOptions build_options() {
  BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  options.extra_flags = {"-O1", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"};
  return options;
}

/// The ways in which generated code must compile: strict C++17 with both compilers, and with its
/// field comments made C++20 designators, which proves their names, order and completeness.
enum class Dialect : std::uint8_t { kGcc17, kClang17, kDesignators };

constexpr const char *kClang = "clang++-16";

bool is_installed(const std::string &compiler) {
  host::Command command;
  command.argv = {compiler, "--version"};
  const auto outcome = host::run(command);
  return outcome.ok() && outcome->succeeded();
}

BuildOptions build_options(Dialect dialect) {
  BuildOptions options = build_options();
  options.extra_flags.emplace_back("-Wmissing-field-initializers");
  if (dialect == Dialect::kDesignators) {
    options.extra_flags.emplace_back("-std=c++20");
    return options;
  }
  options.extra_flags.emplace_back("-pedantic");
  static const bool clang_is_there = is_installed(kClang);
  if (dialect == Dialect::kClang17 && clang_is_there) {
    options.compiler = kClang;
  }
  return options;
}

void name_fields(std::vector<codegen::SourceFile> &files) {
  static const std::regex comment(R"(/\*(\w+)=\*/)");
  for (codegen::SourceFile &file : files) {
    file.text = std::regex_replace(file.text, comment, ".$1 = ");
  }
}

std::vector<std::uint8_t> random_input(const ir::TensorType &type, std::mt19937 &random) {
  if (type.element != ElementType::kFloat32) {
    std::vector<std::uint8_t> data(ir::byte_size(type));
    std::generate(data.begin(), data.end(),
                  [&] { return static_cast<std::uint8_t>(random() & 0xFF); });
    return data;
  }
  std::vector<float> elements(static_cast<std::size_t>(ir::element_count(type.shape)));
  std::generate(elements.begin(), elements.end(),
                [&] { return static_cast<float>(random() % 2001) * 1e-3F - 1.0F; });
  return ir::constant_data(elements);
}

Expected<codegen::GeneratedModule> generated(const ir::Graph &graph,
                                             const codegen::GenerateOptions &options = {}) {
  const auto plan = plan::make_plan(graph, {.isa = options.isa});
  if (!plan) {
    return Failure{plan.error()};
  }
  return codegen::generate(graph, *plan, options);
}

/// Outputs of the interpreter, one after the other.
std::vector<std::uint8_t> interpreted(interpret::Interpreter &interpreter, const ir::Graph &graph,
                                      const std::vector<std::vector<std::uint8_t>> &inputs) {
  const std::vector<ByteView> views(inputs.begin(), inputs.end());
  const auto ran = interpreter.run(views);
  EXPECT_TRUE(ran.ok()) << ran.error().message;
  std::vector<std::uint8_t> outputs;
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const ByteView output = interpreter.output(i);
    outputs.insert(outputs.end(), output.begin(), output.end());
  }
  return outputs;
}

void expect_equal(const std::vector<std::uint8_t> &actual, const std::vector<std::uint8_t> &wanted,
                  bool exact, const std::string &where) {
  if (exact) {
    EXPECT_EQ(actual, wanted) << where;
    return;
  }
  for (std::size_t i = 0; i + 4 <= wanted.size(); i += 4) {
    float a = 0;
    float w = 0;
    std::memcpy(&a, &actual[i], 4);
    std::memcpy(&w, &wanted[i], 4);
    ASSERT_TRUE(std::abs(a - w) <= 1e-5F * std::max(1.0F, std::abs(w)) ||
                (std::isnan(a) && std::isnan(w)) || a == w)
        << where << ": " << a << " instead of " << w << " at byte " << i;
  }
}

void expect_module_computes(const ir::Graph &graph, codegen::Instantiation instantiation,
                            Dialect dialect, const std::string &isa) {
  codegen::GenerateOptions options;
  options.instantiation = instantiation;
  options.isa = isa;
  auto module = generated(graph, options);
  ASSERT_TRUE(module.ok()) << module.error().message << "\n" << ir::print(graph);
  if (dialect == Dialect::kDesignators) {
    name_fields(module->files);
    ASSERT_THAT(module->files.back().text, HasSubstr("    .abi_version = "));
  }
  BuildOptions build = build_options(dialect);
  build.isa = isa;
  auto host = HostModule::build(module->files, build);
  ASSERT_TRUE(host.ok()) << host.error().message;
  auto interpreter = interpret::Interpreter::prepare(graph);
  ASSERT_TRUE(interpreter.ok()) << interpreter.error().message;
  std::mt19937 random(3);
  const bool exact = graph.values[graph.outputs[0]].type.element != ElementType::kFloat32;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::vector<std::uint8_t>> inputs;
    std::vector<std::uint8_t> joined;
    for (const ir::ValueId input : graph.inputs) {
      inputs.push_back(random_input(graph.values[input].type, random));
      joined.insert(joined.end(), inputs.back().begin(), inputs.back().end());
    }
    std::vector<std::uint8_t> outputs(host->output_bytes());
    const auto ran = host->run(joined, outputs);
    ASSERT_TRUE(ran.ok()) << ran.error().message;
    expect_equal(outputs, interpreted(*interpreter, graph, inputs), exact, isa + ir::print(graph));
    if (::testing::Test::HasFailure()) {
      return;
    }
  }
}

/// The same graph with `scalar`, and with one of the other kernel sets that this machine can run.
void expect_modules_compute(const ir::Graph &graph, codegen::Instantiation instantiation,
                            unsigned seed) {
  const auto sets = runnable_kernel_sets();
  expect_module_computes(graph, instantiation, static_cast<Dialect>(seed % 3), sets.front());
  if (sets.size() > 1) {
    expect_module_computes(graph, instantiation, static_cast<Dialect>(seed / 2 % 3),
                           sets[1 + seed % (sets.size() - 1)]);
  }
}

class Module : public ::testing::TestWithParam<unsigned> {};

TEST_P(Module, Int8GraphsComputeExactlyWhatTheInterpreterComputes) {
  expect_modules_compute(RandomGraph(GetParam(), ElementType::kInt8).make(25),
                         GetParam() % 2 == 0 ? codegen::Instantiation::kShared
                                             : codegen::Instantiation::kPerLayer,
                         GetParam());
}

TEST_P(Module, Int16GraphsComputeExactlyWhatTheInterpreterComputes) {
  if (GetParam() < 4) {
    expect_modules_compute(RandomGraph(GetParam() + 200, ElementType::kInt16).make(25),
                           GetParam() % 2 == 0 ? codegen::Instantiation::kPerLayer
                                               : codegen::Instantiation::kShared,
                           GetParam());
  }
}

TEST_P(Module, FloatGraphsComputeWhatTheInterpreterComputes) {
  expect_modules_compute(RandomGraph(GetParam() + 100, ElementType::kFloat32).make(20),
                         GetParam() % 2 == 0 ? codegen::Instantiation::kPerLayer
                                             : codegen::Instantiation::kShared,
                         GetParam());
}

INSTANTIATE_TEST_SUITE_P(Seeds, Module, ::testing::Range(0U, 6U));

} // namespace
} // namespace tinyml::hostrun
