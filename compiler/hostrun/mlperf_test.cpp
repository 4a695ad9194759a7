// SPDX-License-Identifier: Apache-2.0
// The MLPerf Tiny models: quantised ones must give the bytes of TensorFlow Lite Micro's reference
// kernels, in the interpreter and in a compiled module.
#include "compiler/driver/compile_model.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/types.hpp"
#include "host/files.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

namespace tinyml::hostrun {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

/// TINYML_MODELS_DIR, or `models` beside the data sets; empty without either.
fs::path models_folder() {
  if (const char *models = std::getenv("TINYML_MODELS_DIR")) {
    return fs::path(models) / "mlperf-tiny";
  }
  const char *data = std::getenv("TINYML_DATA_DIR");
  return data == nullptr ? fs::path() : fs::path(data) / "../models/mlperf-tiny";
}

Bytes read(const std::string &file) {
  auto bytes = host::read_file(models_folder() / file);
  return bytes.ok() ? *std::move(bytes) : Bytes{};
}

Expected<driver::CompiledModel> compiled(const std::string &file, driver::Precision precision) {
  driver::CompileOptions options;
  options.model_name = file;
  options.precision = precision;
  return driver::compile_model(read(file), options);
}

/// All samples through the interpreter.
Bytes interpreted(const ir::Graph &graph, const Bytes &inputs) {
  auto interpreter = interpret::Interpreter::prepare(graph);
  EXPECT_TRUE(interpreter.ok()) << interpreter.error().message;
  Bytes outputs;
  const std::size_t sample = ir::byte_size(graph.values[graph.inputs[0]].type);
  for (std::size_t at = 0; interpreter.ok() && at < inputs.size(); at += sample) {
    const ByteView input = ByteView(inputs).subspan(at, sample);
    EXPECT_TRUE(interpreter->run({&input, 1}).ok());
    const ByteView output = interpreter->output(0);
    outputs.insert(outputs.end(), output.begin(), output.end());
  }
  return outputs;
}

/// All samples through the generated code, built for this machine with one of its kernel sets.
Bytes executed(const driver::CompiledModel &model, const std::string &isa, const Bytes &inputs) {
  BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  options.isa = isa;
  const auto generated = driver::generate_for(isa, model, {});
  EXPECT_TRUE(generated.ok()) << generated.error().message;
  if (!generated.ok()) {
    return {};
  }
  auto module = HostModule::build(generated->files, options);
  EXPECT_TRUE(module.ok()) << module.error().message;
  if (!module.ok()) {
    return {};
  }
  Bytes outputs(inputs.size() / module->input_bytes() * module->output_bytes());
  const auto ran = module->run(inputs, outputs);
  EXPECT_TRUE(ran.ok()) << ran.error().message;
  return outputs;
}

std::size_t count_differences(const Bytes &a, const Bytes &b) {
  std::size_t count = a.size() == b.size() ? 0 : std::max(a.size(), b.size());
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    count += a[i] != b[i] ? 1 : 0;
  }
  return count;
}

#define NEEDS_MODELS()                                                                             \
  if (!fs::exists(models_folder())) {                                                              \
    GTEST_SKIP() << "needs TINYML_MODELS_DIR, or TINYML_DATA_DIR with the models beside it";       \
  }

class QuantizedModel : public ::testing::TestWithParam<std::string> {};

TEST_P(QuantizedModel, GivesTheReferenceBytes) {
  NEEDS_MODELS();
  const auto model = compiled(GetParam() + ".tflite", driver::Precision::kInt8);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const Bytes inputs = read(GetParam() + ".inputs.bin");
  const Bytes wanted = read(GetParam() + ".outputs.bin");
  ASSERT_EQ(wanted.size(), 16 * ir::byte_size(model->graph.values[model->graph.outputs[0]].type));
  EXPECT_EQ(count_differences(interpreted(model->graph, inputs), wanted), 0U) << "interpreter";
  for (const std::string &isa : runnable_kernel_sets()) {
    EXPECT_EQ(count_differences(executed(*model, isa, inputs), wanted), 0U) << isa;
  }
  std::cout << GetParam() << ": " << wanted.size() << " bytes, arena " << model->module.arena_bytes
            << ", weights " << model->module.weight_bytes << ", MACs " << model->module.macs
            << "\n";
}

TEST_P(QuantizedModel, IsNotCompiledAsFloat) {
  NEEDS_MODELS();
  const auto model = compiled(GetParam() + ".tflite", driver::Precision::kFloat32);
  ASSERT_FALSE(model.ok());
  EXPECT_THAT(model.error().message, ::testing::HasSubstr("quantised already"));
}

INSTANTIATE_TEST_SUITE_P(Models, QuantizedModel,
                         ::testing::Values("ad01_int8", "kws_ref_model", "pretrainedResnet_quant",
                                           "vww_96_int8", "str_ww_ref_model"),
                         [](const auto &instance) { return instance.param; });

/// A float model and the numbers that another runtime gave for the same net from another format,
/// which takes images channels first.
struct FloatModel {
  std::string file, data;
  std::size_t channels;
};

void PrintTo(const FloatModel &model, std::ostream *out) { *out << model.file; }

std::vector<float> floats(const Bytes &bytes) { return ir::elements_of<float>({"", {}, bytes}); }

/// Each sample's planes become one image of `channels` numbers a pixel.
std::vector<float> channels_last(const std::vector<float> &planes, std::size_t sample,
                                 std::size_t channels) {
  std::vector<float> images(planes.size());
  const std::size_t pixels = sample / channels;
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const std::size_t channel = i % sample / pixels;
    images[i - i % sample + i % pixels * channels + channel] = planes[i];
  }
  return images;
}

class FloatModels : public ::testing::TestWithParam<FloatModel> {};

TEST_P(FloatModels, AgreeWithTheOtherRuntime) {
  NEEDS_MODELS();
  const auto model = compiled(GetParam().file, driver::Precision::kFloat32);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto sample = ir::element_count(model->graph.values[model->graph.inputs[0]].type.shape);
  const auto inputs = channels_last(floats(read(GetParam().data + ".inputs.f32")),
                                    static_cast<std::size_t>(sample), GetParam().channels);
  const auto wanted = floats(read(GetParam().data + ".outputs.f32"));
  const Bytes raw = ir::constant_data(inputs);
  const Bytes scalar = executed(*model, "scalar", raw);
  for (const std::string &isa : runnable_kernel_sets()) {
    EXPECT_EQ(count_differences(executed(*model, isa, raw), scalar), 0U) << isa;
  }
  for (const Bytes &bytes : {interpreted(model->graph, raw), scalar}) {
    const auto made = floats(bytes);
    ASSERT_EQ(made.size(), wanted.size());
    for (std::size_t i = 0; i < made.size(); ++i) {
      ASSERT_NEAR(made[i], wanted[i], std::max(1e-5F, 1e-4F * std::abs(wanted[i]))) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, FloatModels,
                         ::testing::Values(FloatModel{"ad01_fp32.tflite", "ad01_fp32", 1},
                                           FloatModel{"pretrainedResnet.tflite", "ic_resnet8_fp32",
                                                      3},
                                           FloatModel{"vww_96_float.tflite", "vww_96_fp32", 3}),
                         [](const auto &instance) { return instance.param.data; });

/// ONNX models take their images as the data have them.
INSTANTIATE_TEST_SUITE_P(OnnxModels, FloatModels,
                         ::testing::Values(FloatModel{"ad01_fp32.onnx", "ad01_fp32", 1},
                                           FloatModel{"kws_fp32.onnx", "kws_fp32", 1},
                                           FloatModel{"ic_resnet8_fp32.onnx", "ic_resnet8_fp32", 1},
                                           FloatModel{"vww_96_fp32.onnx", "vww_96_fp32", 1}),
                         [](const auto &instance) { return instance.param.data; });

} // namespace
} // namespace tinyml::hostrun
