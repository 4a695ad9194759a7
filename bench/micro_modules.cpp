// SPDX-License-Identifier: Apache-2.0
// The MLPerf Tiny models on this machine, one thread, with each kernel set that its processor runs:
// the shortest of several runs, caches warm. Needs TINYML_MODELS_DIR, or TINYML_DATA_DIR with the
// models beside it.
#include "compiler/driver/compile_model.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "host/files.hpp"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstdlib>

namespace tinyml::driver {
namespace {

namespace fs = std::filesystem;

struct Model {
  const char *name;
  const char *file;
};
constexpr Model kModels[] = {{"AD", "ad01_int8"},
                             {"KWS", "kws_ref_model"},
                             {"IC", "pretrainedResnet_quant"},
                             {"VWW", "vww_96_int8"},
                             {"SWW", "str_ww_ref_model"}};

fs::path models_folder() {
  if (const char *models = std::getenv("TINYML_MODELS_DIR"); models != nullptr) {
    return fs::path(models) / "mlperf-tiny";
  }
  const char *data = std::getenv("TINYML_DATA_DIR");
  return fs::path(data == nullptr ? "" : data) / "../models/mlperf-tiny";
}

Expected<hostrun::HostModule> built(const std::string &file, const std::string &isa) {
  const auto model = host::read_file(models_folder() / (file + ".tflite"));
  if (!model.ok()) {
    return Failure{model.error()};
  }
  const auto compiled = compile_model(*model, {.model_name = file, .isa = isa});
  if (!compiled.ok()) {
    return Failure{compiled.error()};
  }
  return hostrun::HostModule::build(compiled->module.files,
                                    {.include_dir = TINYML_SOURCE_DIR, .isa = isa});
}

void run_module(benchmark::State &state, const std::string &file, const std::string &isa) {
  auto module = built(file, isa);
  const auto samples = host::read_file(models_folder() / (file + ".inputs.bin"));
  if (!module.ok() || !samples.ok()) {
    state.SkipWithError((module.ok() ? samples.error() : module.error()).message.c_str());
    return;
  }
  const ByteView input = ByteView(*samples).first(module->input_bytes());
  std::vector<std::uint8_t> output(module->output_bytes());
  for ([[maybe_unused]] auto turn : state) {
    if (!module->run(input, output).ok()) {
      state.SkipWithError("the module does not take its own sample");
    }
  }
}

double shortest(const std::vector<double> &times) {
  return *std::min_element(times.begin(), times.end());
}

/// A benchmark for every model and kernel set, known only when the processor has been asked.
[[maybe_unused]] const bool kRegistered = [] {
  for (const Model &model : kModels) {
    for (const std::string &isa : hostrun::runnable_kernel_sets()) {
      const std::string name = std::string("module ") + model.name + ", " + isa;
      benchmark::RegisterBenchmark(name.c_str(), run_module, std::string(model.file), isa)
          ->Unit(benchmark::kMicrosecond)
          ->MinTime(0.1)
          ->Repetitions(7)
          ->ComputeStatistics("shortest", shortest)
          ->ReportAggregatesOnly();
    }
  }
  return true;
}();

} // namespace
} // namespace tinyml::driver
