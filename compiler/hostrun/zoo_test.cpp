// SPDX-License-Identifier: Apache-2.0
// The six models of the zoo, all the way from ONNX to numbers: float modules against the outputs of
// the framework that trained them, int8 modules against the interpreter, bit for bit.
#include "compiler/frontends/onnx/import.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/passes/passes.hpp"
#include "compiler/quantize/quantize.hpp"
#include "host/files.hpp"
#include "host/process.hpp"
#include "training/data/image_set.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace tinyml::hostrun {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPixels = 784;

Expected<ir::Graph> float_graph(const std::string &name) {
  const auto model = host::read_file(fs::path(TINYML_SOURCE_DIR) / "zoo" / (name + ".onnx"));
  if (!model) {
    return Failure{model.error()};
  }
  auto graph = onnx::import_onnx(*model);
  if (graph) {
    if (const auto ran = passes::run_default_passes(*graph); !ran) {
      return Failure{ran.error()};
    }
  }
  return graph;
}

std::optional<datasets::ImageSet> images_of(const std::string &name, datasets::Split split) {
  datasets::LoadOptions options;
  options.download = false;
  const std::string set = name.starts_with("fashion") ? "fashion-mnist" : "mnist";
  auto loaded = datasets::load(set, split, options);
  return loaded ? std::optional(std::move(*loaded)) : std::nullopt;
}

/// Pixels as the models take them: 0...1.
std::vector<float> real_pixels(const datasets::ImageSet &images, std::size_t count,
                               std::size_t step) {
  std::vector<float> pixels;
  for (std::size_t i = 0; i < count; ++i) {
    for (const std::uint8_t pixel : images.image(i * step)) {
      pixels.push_back(static_cast<float>(pixel) / 255.0F);
    }
  }
  return pixels;
}

Expected<ir::Graph> int8_graph(const std::string &name, const datasets::ImageSet &training) {
  const auto graph = float_graph(name);
  if (!graph) {
    return Failure{graph.error()};
  }
  constexpr std::size_t kSamples = 64;
  quantize::CalibrationSamples samples;
  samples.count = kSamples;
  samples.inputs = {real_pixels(training, kSamples, training.size() / kSamples)};
  quantize::QuantizeOptions options;
  options.report_samples = 1;
  quantize::QuantizeReport report;
  return quantize::quantize(*graph, samples, options, report);
}

std::vector<std::uint8_t> quantized(const std::vector<float> &pixels, const ir::TensorType &type) {
  std::vector<std::uint8_t> bytes;
  for (const float pixel : pixels) {
    const float q = std::round(pixel / type.quantization->scales[0]) +
                    static_cast<float>(type.quantization->zero_points[0]);
    bytes.push_back(
        static_cast<std::uint8_t>(static_cast<std::int8_t>(std::clamp(q, -128.F, 127.F))));
  }
  return bytes;
}

struct Compiled {
  plan::MemoryPlan plan;
  codegen::GeneratedModule module;
};

Expected<Compiled> compiled(const ir::Graph &graph, const std::string &name) {
  auto plan = plan::make_plan(graph);
  if (!plan) {
    return Failure{plan.error()};
  }
  codegen::GenerateOptions options;
  options.model_name = name;
  auto module = codegen::generate(graph, *plan, options);
  if (!module) {
    return Failure{module.error()};
  }
  return Compiled{std::move(*plan), std::move(*module)};
}

BuildOptions build_options() {
  BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  return options;
}

class Zoo : public ::testing::TestWithParam<std::string> {};

TEST_P(Zoo, TheFloatModuleAgreesWithTheTrainingFramework) {
  const char *data = std::getenv("TINYML_DATA_DIR");
  const auto images = images_of(GetParam(), datasets::Split::kTest);
  const auto wanted = host::read_file(fs::path(data != nullptr ? data : "") / "../models/mnist" /
                                      (GetParam() + ".first64.f32"));
  if (!images || !wanted) {
    GTEST_SKIP() << "needs TINYML_DATA_DIR with the data set and the models' outputs beside it";
  }
  const auto graph = float_graph(GetParam());
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  const auto c = compiled(*graph, GetParam());
  ASSERT_TRUE(c.ok()) << c.error().message;
  auto module = HostModule::build(c->module.files, build_options());
  ASSERT_TRUE(module.ok()) << module.error().message;
  std::vector<std::uint8_t> outputs(wanted->size());
  const auto ran = module->run(ir::constant_data(real_pixels(*images, 64, 1)), outputs);
  ASSERT_TRUE(ran.ok()) << ran.error().message;
  for (std::size_t i = 0; i < wanted->size(); i += 4) {
    float a = 0;
    float w = 0;
    std::memcpy(&a, &outputs[i], 4);
    std::memcpy(&w, &(*wanted)[i], 4);
    ASSERT_NEAR(a, w, 1e-4F * std::max(1.0F, std::abs(w))) << "score " << i / 4;
  }
}

TEST_P(Zoo, TheInt8ModuleEqualsTheInterpreterAndItsArenaTheLowerBound) {
  const auto training = images_of(GetParam(), datasets::Split::kTrain);
  const auto images = images_of(GetParam(), datasets::Split::kTest);
  if (!training || !images) {
    GTEST_SKIP() << "needs TINYML_DATA_DIR with the data set";
  }
  const auto graph = int8_graph(GetParam(), *training);
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  const auto c = compiled(*graph, GetParam());
  ASSERT_TRUE(c.ok()) << c.error().message;
  EXPECT_EQ(c->plan.arena_bytes, c->plan.lower_bound_bytes) << plan::to_text(*graph, c->plan);
  auto module = HostModule::build(c->module.files, build_options());
  ASSERT_TRUE(module.ok()) << module.error().message;
  auto interpreter = interpret::Interpreter::prepare(*graph);
  ASSERT_TRUE(interpreter.ok()) << interpreter.error().message;

  constexpr std::size_t kImages = 1000;
  const auto inputs =
      quantized(real_pixels(*images, kImages, 10), graph->values[graph->inputs[0]].type);
  std::vector<std::uint8_t> outputs(kImages * 10);
  const auto ran = module->run(inputs, outputs);
  ASSERT_TRUE(ran.ok()) << ran.error().message;
  std::size_t right = 0;
  for (std::size_t i = 0; i < kImages; ++i) {
    const ByteView input = ByteView(inputs).subspan(i * kPixels, kPixels);
    ASSERT_TRUE(interpreter->run({&input, 1}).ok());
    const auto scores = ByteView(outputs).subspan(i * 10, 10);
    ASSERT_TRUE(std::ranges::equal(scores, interpreter->output(0))) << "image " << i * 10;
    const auto best = std::max_element(scores.begin(), scores.end(), [](auto a, auto b) {
      return static_cast<std::int8_t>(a) < static_cast<std::int8_t>(b);
    });
    right += best - scores.begin() == images->labels[i * 10] ? 1 : 0;
  }
  EXPECT_GT(right, kImages * 8 / 10);
  std::cout << GetParam() << ": arena " << c->module.arena_bytes << ", weights "
            << c->module.weight_bytes << ", MACs " << c->module.macs << ", right " << right << "\n";
}

INSTANTIATE_TEST_SUITE_P(Models, Zoo,
                         ::testing::Values("mnist-lenet", "mnist-dscnn", "mnist-mlp",
                                           "fashion-lenet", "fashion-dscnn", "fashion-mlp"),
                         [](const auto &instance) {
                           std::string name = instance.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

/// Code bytes (sections .text*) of the module built for a Cortex-M3; -1 when something failed.
int cortex_m3_code_bytes(const codegen::GeneratedModule &module, std::string &frames) {
  auto folder = host::TemporaryFolder::create("module-size");
  if (!folder) {
    return -1;
  }
  host::Command command;
  command.argv = {"arm-none-eabi-g++",
                  "-mcpu=cortex-m3",
                  "-mthumb",
                  "-Os",
                  "-std=c++20",
                  "-ffreestanding",
                  "-fno-exceptions",
                  "-fno-rtti",
                  "-fno-threadsafe-statics",
                  "-ffunction-sections",
                  "-fdata-sections",
                  "-Wall",
                  "-Wextra",
                  "-Wconversion",
                  "-Wshadow",
                  "-Werror",
                  "-fcallgraph-info=su",
                  std::string("-I") + TINYML_SOURCE_DIR,
                  "-c",
                  "model.cpp",
                  "-o",
                  "model.o"};
  command.working_directory = folder->path();
  for (const codegen::SourceFile &file : module.files) {
    EXPECT_TRUE(host::write_text(folder->path() / file.name, file.text).ok());
  }
  const auto built = host::run(command);
  EXPECT_TRUE(built.ok() && built->succeeded()) << (built ? built->output : built.error().message);
  frames = host::read_text(folder->path() / "model.ci").value();
  command.argv = {"arm-none-eabi-size", "-A", "model.o"};
  const auto sizes = host::run(command);
  if (!sizes || !sizes->succeeded()) {
    return -1;
  }
  int total = 0;
  std::istringstream lines(sizes->output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string section;
    int size = 0;
    if (words >> section >> size && section.starts_with(".text")) {
      total += size;
    }
  }
  return total;
}

TEST(ModuleSize, OnCortexM3TheCodeIsSmallAndEveryFrameIsBounded) {
  const auto compiler = host::run({{"arm-none-eabi-g++", "--version"}});
  const auto training = images_of("mnist", datasets::Split::kTrain);
  if (!compiler || !training) {
    GTEST_SKIP() << "needs arm-none-eabi-g++ and TINYML_DATA_DIR";
  }
  for (const auto &[name, most_bytes] : {std::pair("mnist-lenet", 3072), {"mnist-dscnn", 3328}}) {
    const auto graph = int8_graph(name, *training);
    ASSERT_TRUE(graph.ok()) << graph.error().message;
    const auto c = compiled(*graph, name);
    ASSERT_TRUE(c.ok()) << c.error().message;
    std::string frames;
    const int bytes = cortex_m3_code_bytes(c->module, frames);
    EXPECT_GT(bytes, 0);
    EXPECT_LE(bytes, most_bytes) << name;
    EXPECT_THAT(frames, ::testing::HasSubstr("(static)"));
    EXPECT_THAT(frames, ::testing::Not(::testing::HasSubstr("dynamic")));
    std::cout << name << ": " << bytes << " bytes of code on Cortex-M3\n";
  }
}

} // namespace
} // namespace tinyml::hostrun
