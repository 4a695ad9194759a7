// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

/// What training steps cost, on this machine and on boards. Figures are JSON objects with the keys
/// of bench/train/README.md.
namespace tinyml::bench_train {

struct Settings {
  std::filesystem::path kits;
  std::filesystem::path zoo;
  std::filesystem::path self; ///< this program, which also runs the steps of one module
  std::string python = "/usr/bin/python3";
  double seconds = 4; ///< of every measurement on this machine
  int rounds = 2;
};

inline constexpr const char *kModels[] = {"mnist-lenet", "mnist-mlp"};
inline constexpr int kBatch = 32;

/// `hosts` and `pytorch`, measured in turns.
[[nodiscard]] Expected<nlohmann::json> measure_host(const Settings &settings,
                                                    const std::filesystem::path &work);

/// Runs the steps of a module for some seconds and prints a JSON object: what measure_host starts.
[[nodiscard]] Expected<nlohmann::json> run_steps(const std::filesystem::path &shared_object,
                                                 double seconds);

/// `boards` and `workers`.
[[nodiscard]] Expected<nlohmann::json> measure_boards(const Settings &settings,
                                                      const std::filesystem::path &work);

/// Ours to PyTorch's: one object a model that both were measured with.
[[nodiscard]] nlohmann::json ratios(const nlohmann::json &figures);

[[nodiscard]] std::string to_markdown(const nlohmann::json &figures);

} // namespace tinyml::bench_train
