// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_client.hpp"
#include "cli/image_file.hpp"

#include <string>
#include <vector>

namespace tinyml::cli {

/// The build a device runs now, with what its single input and output look like.
struct RunningModule {
  std::string build;
  std::string model;
  TensorDescription input;
  TensorDescription output;
  std::vector<std::string> labels; ///< from the model's metadata; may be empty
  std::string dataset;             ///< the model's own, or empty
};

[[nodiscard]] Expected<RunningModule> running_module(HttpClient &client,
                                                     const std::string &endpoint);

/// The label of a class, or its number.
[[nodiscard]] std::string label_of(const RunningModule &module, std::size_t index);

} // namespace tinyml::cli
