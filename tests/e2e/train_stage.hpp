// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/e2e/stage.hpp"
#include "training/data/image_set.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <tuple>
#include <unistd.h>

namespace tinyml::e2e {

/// A home of its own, with a small data set of drawn digits, and runs of `tinyml train` in it.
class TrainStage {
public:
  explicit TrainStage(std::size_t train = kTrain, std::size_t test = kTest) {
    auto folder = host::TemporaryFolder::create("train-e2e");
    EXPECT_TRUE(folder.ok());
    folder_ = std::make_unique<host::TemporaryFolder>(*std::move(folder));
    write_digits(train, test);
  }

  [[nodiscard]] std::filesystem::path folder() const { return folder_->path(); }
  [[nodiscard]] std::filesystem::path home() const { return folder() / "home"; }

  /// `tinyml train ... --json` with the drawn digits unless the arguments name other data.
  host::Outcome train(const std::vector<std::string> &arguments,
                      std::chrono::minutes patience = std::chrono::minutes(5)) {
    const auto outcome = host::run({.argv = command(arguments),
                                    .environment = environment(),
                                    .timeout = patience,
                                    .output_limit_bytes = 4U << 20U});
    EXPECT_TRUE(outcome.ok());
    return outcome.ok() ? *outcome : host::Outcome{};
  }

  std::unique_ptr<host::Child> start_train(const std::vector<std::string> &arguments,
                                           const std::string &log_name) {
    std::vector<std::string> argv = {"env"};
    for (const std::string &variable : environment()) {
      argv.push_back(variable);
    }
    const auto program = command(arguments);
    argv.insert(argv.end(), program.begin(), program.end());
    auto child = host::Child::start({.argv = argv, .output_file = folder() / log_name});
    EXPECT_TRUE(child.ok());
    return std::make_unique<host::Child>(*std::move(child));
  }

  /// The object that standard output ended with.
  static nlohmann::json result_of(const std::string &output) {
    const std::size_t start = output.rfind("\n{");
    return nlohmann::json::parse(output.substr(start == std::string::npos ? 0 : start), nullptr,
                                 false);
  }

  [[nodiscard]] bool
  reaches_round(const std::string &run, unsigned round,
                std::chrono::seconds patience = std::chrono::seconds(120)) const {
    return Stage::eventually(
        [&] {
          const auto text = host::read_text(folder() / run / "run.json");
          const auto state =
              text.ok() ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
          return state.is_object() && !state["rounds"].empty() &&
                 state["rounds"].back()["round"] >= round;
        },
        patience);
  }

  [[nodiscard]] pid_t process_of(const std::string &run, const std::string &machine) const {
    const auto text = host::read_text(folder() / run / "processes.json");
    const auto all = text.ok() ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
    return all.is_object() ? all.value(machine, nlohmann::json::object()).value("pid", -1) : -1;
  }

  /// "127.0.0.1:PORT" of a machine on linux.
  [[nodiscard]] std::string address_of(const std::string &run, const std::string &machine) const {
    const auto text = host::read_text(folder() / run / "processes.json");
    const auto all = text.ok() ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
    return all.is_object() ? all.value(machine, nlohmann::json::object()).value("address", "") : "";
  }

  /// The samples that runs train on.
  static datasets::ImageSet training_digits() { return datasets::draw_digits(kTrain, 1); }

  [[nodiscard]] std::string log(const std::string &name) const {
    const auto text = host::read_text(folder() / name);
    return text.ok() ? *text : text.error().message;
  }

  [[nodiscard]] std::string consoles(const std::string &run) const {
    std::string all;
    for (const char *machine : {"server", "worker-1", "worker-2", "worker-3"}) {
      all += std::string("\n--- ") + machine + "\n" + log(run + "/" + machine + "/console.log");
    }
    return all;
  }

private:
  static constexpr std::size_t kTrain = 1800;
  static constexpr std::size_t kTest = 400;

  [[nodiscard]] std::vector<std::string> environment() const {
    // Without vectors rounds take long enough for something to happen in them.
    std::vector<std::string> variables = {"TINYML_HOME=" + home().string(), "LC_ALL=C",
                                          "TINYML_HOST_ISA=scalar"};
    for (const char *name : {"PATH", "HOME", "TINYML_KITS", "TMPDIR"}) {
      if (const char *value = std::getenv(name); value != nullptr) {
        variables.push_back(std::string(name) + "=" + value);
      }
    }
    return variables;
  }

  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string> &arguments) const {
    std::vector<std::string> argv = {tinyml_program(), "--json", "train"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const bool has_data =
        std::find(arguments.begin(), arguments.end(), "--data") != arguments.end() ||
        std::find(arguments.begin(), arguments.end(), "--resume") != arguments.end();
    if (!has_data && !arguments.empty()) {
      argv.insert(argv.end(), {"--data", (folder() / "digits").string()});
    }
    return argv;
  }

  /// As PGM files, a folder a class, in `train` and `test`.
  void write_digits(std::size_t train, std::size_t test) const {
    for (const auto &[part, count, seed] :
         {std::tuple{"train", train, 1U}, std::tuple{"test", test, 2U}}) {
      const datasets::ImageSet set = datasets::draw_digits(count, seed);
      for (std::size_t i = 0; i < set.size(); ++i) {
        const auto place = folder() / "digits" / part / std::to_string(set.labels[i]);
        std::filesystem::create_directories(place);
        std::string file = "P5\n28 28\n255\n";
        file += as_text(set.image(i));
        std::ofstream(place / (std::to_string(i) + ".pgm"), std::ios::binary) << file;
      }
    }
  }

  std::unique_ptr<host::TemporaryFolder> folder_;
};

} // namespace tinyml::e2e
