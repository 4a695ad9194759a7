// SPDX-License-Identifier: Apache-2.0
// Model to C++: import, passes, quantisation with 512 samples, memory plan, code generation. No
// cross-compiler. The MLPerf Tiny models come quantised; they are skipped where they are missing.
#include "compiler/driver/compile_model.hpp"
#include "host/files.hpp"
#include "training/data/image_set.hpp"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <filesystem>

namespace tinyml::driver {
namespace {

constexpr std::size_t kSamples = 512;

/// Drawn digits: the same on every machine.
std::vector<float> calibration() {
  const datasets::ImageSet digits = datasets::draw_digits(kSamples, 1);
  std::vector<float> values(digits.pixels.size());
  std::transform(digits.pixels.begin(), digits.pixels.end(), values.begin(),
                 [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255.0F; });
  return values;
}

void compile_lenet(benchmark::State &state, Precision precision) {
  const auto model = host::read_file(TINYML_SOURCE_DIR "/zoo/mnist-lenet.onnx");
  if (!model.ok()) {
    state.SkipWithError(model.error().message.c_str());
    return;
  }
  const std::vector<float> samples = calibration();
  const CompileOptions options{
      .model_name = "mnist-lenet", .precision = precision, .calibration = samples};
  for ([[maybe_unused]] auto turn : state) {
    const auto compiled = compile_model(*model, options);
    if (!compiled.ok()) {
      state.SkipWithError(compiled.error().message.c_str());
      break;
    }
  }
}
BENCHMARK_CAPTURE(compile_lenet, int8, Precision::kInt8)
    ->Name("compile LeNet to C++, int8")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compile_lenet, float32, Precision::kFloat32)
    ->Name("compile LeNet to C++, float32")
    ->Unit(benchmark::kMillisecond);

/// TINYML_MODELS_DIR, or `models` beside the data sets.
std::filesystem::path mlperf_model(const std::string &name) {
  const char *models = std::getenv("TINYML_MODELS_DIR");
  const char *data = std::getenv("TINYML_DATA_DIR");
  const std::filesystem::path folder =
      models != nullptr ? models : std::filesystem::path(data != nullptr ? data : "") / "../models";
  return folder / "mlperf-tiny" / (name + ".tflite");
}

void compile_mlperf(benchmark::State &state, const std::string &name) {
  const auto model = host::read_file(mlperf_model(name));
  if (!model.ok()) {
    state.SkipWithError(model.error().message.c_str());
    return;
  }
  for ([[maybe_unused]] auto turn : state) {
    const auto compiled = compile_model(*model, {.model_name = name});
    if (!compiled.ok()) {
      state.SkipWithError(compiled.error().message.c_str());
      break;
    }
  }
}
BENCHMARK_CAPTURE(compile_mlperf, ad, "ad01_int8")
    ->Name("compile MLPerf Tiny AD to C++, int8")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compile_mlperf, kws, "kws_ref_model")
    ->Name("compile MLPerf Tiny KWS to C++, int8")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compile_mlperf, ic, "pretrainedResnet_quant")
    ->Name("compile MLPerf Tiny IC to C++, int8")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compile_mlperf, vww, "vww_96_int8")
    ->Name("compile MLPerf Tiny VWW to C++, int8")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compile_mlperf, sww, "str_ww_ref_model")
    ->Name("compile MLPerf Tiny SWW to C++, int8")
    ->Unit(benchmark::kMillisecond);

} // namespace
} // namespace tinyml::driver
