// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_training.hpp"

#include "host/process.hpp"
#include "training/data/image_set.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>

extern char **environ;

namespace tinyml::cli {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kSamples = 15'000;
constexpr std::size_t kDrawnTests = 2'000;
constexpr std::chrono::minutes kPatience{5};

/// As files in a folder for each class, as `--data DIR` takes them.
void write_digits(const std::filesystem::path &folder, std::size_t count, std::uint64_t seed) {
  const datasets::ImageSet set = datasets::draw_digits(count, seed);
  for (std::size_t i = 0; i < set.size(); ++i) {
    const auto place = folder / std::to_string(set.labels[i]);
    std::filesystem::create_directories(place);
    std::ofstream(place / (std::to_string(i) + ".pgm"), std::ios::binary) << "P5\n28 28\n255\n"
                                                                          << as_text(set.image(i));
  }
}

/// MNIST where it can be had, else digits that the program draws.
std::string data_for(const DemoTraining &training) {
  if (datasets::load("mnist", datasets::Split::kTrain).ok()) {
    return "mnist";
  }
  const auto digits = training.folder / "digits";
  write_digits(digits / "train", kSamples / 3, 1);
  write_digits(digits / "test", kDrawnTests, 2);
  return digits.string();
}

std::vector<std::string> environment_with(const std::string &home) {
  std::vector<std::string> variables = {"TINYML_HOME=" + home};
  for (char **variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("TINYML_HOME=")) {
      variables.emplace_back(*variable);
    }
  }
  return variables;
}

std::vector<std::string> command(const Context &context, const DemoTraining &training,
                                 const std::string &data) {
  std::error_code error;
  std::vector<std::string> argv = {std::filesystem::canonical("/proc/self/exe", error).string(),
                                   "--json"};
  for (const auto &[flag, value] :
       {std::pair{"--kits", context.kits}, std::pair{"--zoo", context.zoo}}) {
    if (!value.empty()) {
      argv.insert(argv.end(), {flag, value});
    }
  }
  argv.insert(argv.end(), {"train", training.model, "--workers", "3", "--on", "kvm", "--rounds",
                           "2", "--data", data, "--samples", std::to_string(kSamples), "--publish",
                           training.published, "--state", (training.folder / "run").string()});
  return argv;
}

} // namespace

Expected<json> train_for_demo(const Context &context, const DemoTraining &training) {
  const auto begun = Clock::now();
  const std::string data = data_for(training);
  const auto outcome = host::run({.argv = command(context, training, data),
                                  .environment = environment_with(training.home.string()),
                                  .timeout = kPatience,
                                  .output_limit_bytes = 4U << 20U});
  if (!outcome.ok()) {
    return Failure{outcome.error()};
  }
  const std::size_t start = outcome->output.rfind("\n{");
  json result =
      json::parse(outcome->output.substr(start == std::string::npos ? 0 : start), nullptr, false);
  if (!outcome->succeeded() || !result.is_object() || !result.contains("final_accuracy")) {
    return fail(ErrorCode::kUnavailable,
                "the training run of the demo " + outcome->describe() + ":\n" + outcome->output);
  }
  result["data"] = data == "mnist" ? "mnist" : "drawn";
  result["seconds"] = std::chrono::duration<double>(Clock::now() - begun).count();
  return result;
}

} // namespace tinyml::cli
