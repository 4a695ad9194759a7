// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "compiler/driver/compile_model.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tinyml::bench {

/// A model to be measured.
struct Model {
  std::string name;   ///< as in the tables
  std::string source; ///< a name of the zoo, or a file
  /// Raw input tensors, and the outputs that the reference kernels give for them; empty for a model
  /// of the zoo, whose own data set has inputs.
  std::filesystem::path inputs;
  std::filesystem::path outputs;
};

/// One thing to measure.
struct Case {
  Model model;
  driver::Precision precision = driver::Precision::kInt8;
  std::string board;
};

/// The models of zoo.json, in its order.
[[nodiscard]] Expected<std::vector<Model>> zoo_models(const cli::Context &context);

/// The five int8 models of MLPerf Tiny below `folder`; those that are there.
[[nodiscard]] std::vector<Model> mlperf_models(const std::filesystem::path &folder);

/// $TINYML_MODELS_DIR/mlperf-tiny, or the same in `models` beside $TINYML_DATA_DIR.
[[nodiscard]] std::filesystem::path mlperf_folder();

/// Every model in int8, and LeNet in float32 too where the board computes floats.
[[nodiscard]] std::vector<Case> all_cases(const std::vector<Model> &models,
                                          const std::vector<std::string> &boards);

} // namespace tinyml::bench
