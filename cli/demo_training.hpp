// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"

#include <filesystem>

namespace tinyml::cli {

/// What the demo trains: where its home is, and how the model is called in the zoo afterwards.
struct DemoTraining {
  std::string model = "mnist-lenet";
  std::string published = "mnist-lenet-trained";
  std::filesystem::path folder; ///< for the run's state and, without MNIST, for drawn digits
  std::filesystem::path home;   ///< $TINYML_HOME of the run and of the service
};

/// A short run of `tinyml train` with three KVM workers and a parameter server (board linux where
/// there is no KVM). The value is what the run printed as JSON, with "seconds" and "data".
[[nodiscard]] Expected<nlohmann::json> train_for_demo(const Context &context,
                                                      const DemoTraining &training);

} // namespace tinyml::cli
