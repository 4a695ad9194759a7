// SPDX-License-Identifier: Apache-2.0
#include "compiler/hostrun/host_module.hpp"
#include "compiler/hostrun/kernel_sets.hpp"

#include "compiler/ir/edit.hpp"
#include "host/files.hpp"

#include <gmock/gmock.h>

#include <regex>

namespace tinyml::hostrun {
namespace {

using ir::ElementType;
using ir::Op;
using ::testing::HasSubstr;

BuildOptions build_options() {
  BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  options.extra_flags = {"-O1", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"};
  return options;
}

Expected<codegen::GeneratedModule> generated(const ir::Graph &graph,
                                             const codegen::GenerateOptions &options = {}) {
  const auto plan = plan::make_plan(graph, {.isa = options.isa});
  if (!plan) {
    return Failure{plan.error()};
  }
  return codegen::generate(graph, *plan, options);
}

ir::Graph small_graph(const std::string &input_name) {
  ir::Graph graph;
  const auto x = ir::add_input(graph, input_name, {ElementType::kFloat32, {1, 3}, {}});
  graph.outputs = {*ir::add_node(graph, {Op::kRelu, {x}})};
  return graph;
}

TEST(HostModule, TellsWhatItsModuleIsWhateverTheNames) {
  const std::string evil = "a\"\n#error?\?/\\";
  codegen::GenerateOptions options;
  options.model_name = evil;
  options.build_id = {1, 2, 255};
  const auto module = generated(small_graph(evil), options);
  ASSERT_TRUE(module.ok()) << module.error().message;
  const auto host = HostModule::build(module->files, build_options());
  ASSERT_TRUE(host.ok()) << host.error().message;
  EXPECT_EQ(std::string(host->info().name), evil);
  EXPECT_EQ(std::string(host->info().inputs[0].name), evil);
  EXPECT_EQ(host->info().build_id[2], 255);
  EXPECT_EQ(host->info().arena_bytes, 12U);
  EXPECT_EQ(host->input_bytes(), 12U);
}

TEST(HostModule, RunsSeveralInputsOneAfterTheOtherAndRefusesHalfOnes) {
  const auto module = generated(small_graph("x"));
  ASSERT_TRUE(module.ok());
  auto host = HostModule::build(module->files, build_options());
  ASSERT_TRUE(host.ok()) << host.error().message;
  const auto inputs = ir::constant_data<float>({1, -2, 3, -4, 5, -6});
  std::vector<std::uint8_t> outputs(24);
  ASSERT_TRUE(host->run(inputs, outputs).ok());
  EXPECT_EQ(outputs, ir::constant_data<float>({1, 0, 3, 0, 5, 0}));
  const auto half = host->run(ByteView(inputs).first(20), outputs);
  ASSERT_FALSE(half.ok());
  EXPECT_THAT(half.error().message, HasSubstr("takes 12 bytes and gives 12"));
}

TEST(HostModule, RefusesAModuleForAnotherProcessor) {
  const auto folder = host::TemporaryFolder::create("other-processor");
  ASSERT_TRUE(folder.ok());
  const auto module = generated(small_graph("x"));
  ASSERT_TRUE(module.ok());
  BuildOptions options = build_options();
  options.isa = "dsp"; // has portable code, but no flags for this machine
  std::vector<codegen::SourceFile> files = module->files;
  for (codegen::SourceFile &file : files) {
    file.text = std::regex_replace(file.text, std::regex("static_assert[^;]*;"), "");
  }
  const auto path = folder->path() / "module.so";
  const auto built = build_shared_object(files, options, path);
  ASSERT_TRUE(built.ok()) << built.error().message;
  const auto host = HostModule::load(path);
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(host.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(host.error().message, HasSubstr("built for processors with dsp"));
}

TEST(KernelSets, TheEnvironmentChoosesAmongThoseThatRunHere) {
  EXPECT_EQ(runnable_kernel_sets().front(), "scalar");
  EXPECT_TRUE(kernel_set_flags("scalar").empty());
  ASSERT_EQ(setenv("TINYML_HOST_ISA", "scalar", 1), 0);
  EXPECT_EQ(host_kernel_set(), "scalar");
  ASSERT_EQ(setenv("TINYML_HOST_ISA", "dsp", 1), 0);
  EXPECT_EQ(host_kernel_set(), best_kernel_set());
  ASSERT_EQ(unsetenv("TINYML_HOST_ISA"), 0);
  EXPECT_EQ(host_kernel_set(), runnable_kernel_sets().back());
}

TEST(KernelSets, TheHostsExtensionsAreThoseOfTheChosenSet) {
  ASSERT_EQ(setenv("TINYML_HOST_ISA", "scalar", 1), 0);
  EXPECT_TRUE(host_extensions().empty());
  ASSERT_EQ(unsetenv("TINYML_HOST_ISA"), 0);
  const auto words = host_extensions();
  for (const std::string &set : runnable_kernel_sets()) {
    if (set != "scalar") {
      EXPECT_THAT(words, ::testing::Contains(set));
    }
  }
}

TEST(HostModule, TwoModulesDoNotShareTheirArenas) {
  const auto module = generated(small_graph("x"));
  ASSERT_TRUE(module.ok());
  auto first = HostModule::build(module->files, build_options());
  auto second = HostModule::build(module->files, build_options());
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(&first->info(), &second->info());
}

TEST(HostModule, SaysThatThereIsNoCompiler) {
  BuildOptions options = build_options();
  options.compiler = "no-such-compiler";
  const auto module = generated(small_graph("x"));
  const auto host = HostModule::build(module->files, options);
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(host.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(host.error().message, HasSubstr("Install g++"));
}

TEST(HostModule, ShowsWhatTheCompilerSaid) {
  const std::vector<codegen::SourceFile> files = {{"model.cpp", "#error on purpose\n"}};
  const auto host = HostModule::build(files, build_options());
  ASSERT_FALSE(host.ok());
  EXPECT_THAT(host.error().message, HasSubstr("on purpose"));
  const std::vector<codegen::SourceFile> outside = {{"../model.cpp", ""}};
  EXPECT_FALSE(HostModule::build(outside, build_options()).ok());
}

TEST(HostModule, RefusesWhatIsNotAModule) {
  const auto folder = host::TemporaryFolder::create("not-a-module");
  ASSERT_TRUE(folder.ok());
  const auto path = folder->path() / "module.so";
  ASSERT_TRUE(host::write_text(path, "not an ELF file").ok());
  EXPECT_FALSE(HostModule::load(path).ok());
  EXPECT_FALSE(HostModule::load(folder->path() / "absent.so").ok());

  const std::vector<codegen::SourceFile> other = {{"other.cpp", "int answer() { return 42; }\n"}};
  const auto built = build_shared_object(other, build_options(), path);
  ASSERT_TRUE(built.ok()) << built.error().message;
  const auto host = HostModule::load(path);
  ASSERT_FALSE(host.ok());
  EXPECT_THAT(host.error().message, HasSubstr("not a module"));
}

} // namespace
} // namespace tinyml::hostrun
