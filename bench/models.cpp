// SPDX-License-Identifier: Apache-2.0
#include "bench/models.hpp"

#include "host/files.hpp"

#include <algorithm>
#include <cstdlib>

namespace tinyml::bench {
namespace {

namespace fs = std::filesystem;

struct Named {
  const char *name;
  const char *stem;
};
constexpr Named kMlperf[] = {{"mlperf-ad", "ad01_int8"},
                             {"mlperf-kws", "kws_ref_model"},
                             {"mlperf-ic", "pretrainedResnet_quant"},
                             {"mlperf-vww", "vww_96_int8"},
                             {"mlperf-sww", "str_ww_ref_model"}};

/// No floating point: neither in the processor nor in its compiler's library.
constexpr const char *kIntegerBoard = "lx60-lx106";

} // namespace

Expected<std::vector<Model>> zoo_models(const cli::Context &context) {
  const auto folder = context.zoo_folder();
  const auto text = folder.ok() ? host::read_text(*folder / "zoo.json")
                                : Expected<std::string>(Failure{folder.error()});
  if (!text.ok()) {
    return Failure{text.error()};
  }
  std::vector<Model> models;
  const auto zoo = nlohmann::json::parse(*text, nullptr, false);
  for (const auto &model : zoo.value("models", nlohmann::json::array())) {
    const std::string name = model.value("name", "");
    models.push_back({.name = name, .source = name});
  }
  return models;
}

fs::path mlperf_folder() {
  if (const char *models = std::getenv("TINYML_MODELS_DIR")) {
    return fs::path(models) / "mlperf-tiny";
  }
  const char *data = std::getenv("TINYML_DATA_DIR");
  return data == nullptr ? fs::path() : fs::path(data) / "../models/mlperf-tiny";
}

std::vector<Model> mlperf_models(const fs::path &folder) {
  std::vector<Model> models;
  for (const Named &one : kMlperf) {
    const auto file = [&](const char *suffix) { return folder / (std::string(one.stem) + suffix); };
    std::error_code error;
    if (fs::exists(file(".tflite"), error)) {
      models.push_back({.name = one.name,
                        .source = file(".tflite").string(),
                        .inputs = file(".inputs.bin"),
                        .outputs = file(".outputs.bin")});
    }
  }
  return models;
}

std::vector<Case> all_cases(const std::vector<Model> &models,
                            const std::vector<std::string> &boards) {
  std::vector<Case> cases;
  for (const std::string &board : boards) {
    for (const Model &model : models) {
      cases.push_back({model, driver::Precision::kInt8, board});
      if (model.name == "mnist-lenet" && board != kIntegerBoard) {
        cases.push_back({model, driver::Precision::kFloat32, board});
      }
    }
  }
  return cases;
}

} // namespace tinyml::bench
