// SPDX-License-Identifier: Apache-2.0
#include "bench/train/figures.hpp"
#include "host/files.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

namespace tinyml::bench_train {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct Outputs {
  std::string json = "build/bench-train.json";
  std::string record, markdown;
};

Expected<void> write(const json &figures, const Outputs &outputs) {
  const std::string tables = to_markdown(figures);
  std::cout << tables;
  const std::pair<std::string, std::string> files[] = {{outputs.json, figures.dump(1) + "\n"},
                                                       {outputs.record, figures.dump(1) + "\n"},
                                                       {outputs.markdown, tables}};
  for (const auto &[file, content] : files) {
    if (file.empty()) {
      continue;
    }
    if (auto written = host::write_text(file, content); !written.ok()) {
      return written;
    }
  }
  return {};
}

Expected<void> run(const Settings &settings, const Outputs &outputs) {
  const auto work = host::TemporaryFolder::create("bench-train");
  if (!work.ok()) {
    return Failure{work.error()};
  }
  auto figures = measure_host(settings, work->path());
  if (!figures.ok()) {
    return Failure{figures.error()};
  }
  const auto boards = measure_boards(settings, work->path());
  if (!boards.ok()) {
    return Failure{boards.error()};
  }
  figures->update(*boards);
  (*figures)["ratios"] = ratios(*figures);
  return write(*figures, outputs);
}

int run_program(int argc, char **argv) {
  Settings settings{.kits = TINYML_SOURCE_DIR "/build/kits",
                    .zoo = TINYML_SOURCE_DIR "/zoo",
                    .self = fs::read_symlink("/proc/self/exe")};
  Outputs outputs;
  std::string steps;
  CLI::App app("Measure training steps on this machine, beside PyTorch, and on boards",
               "tinyml-bench-train");
  app.add_option("--output", outputs.json, "Where the JSON goes")->capture_default_str();
  app.add_option("--record", outputs.record, "Where it is kept in the source tree");
  app.add_option("--markdown", outputs.markdown, "Where the tables go");
  app.add_option("--kits", settings.kits, "Folder of board kits")->envname("TINYML_KITS");
  app.add_option("--zoo", settings.zoo, "Folder of the model zoo")->envname("TINYML_ZOO");
  app.add_option("--python", settings.python, "Python that has PyTorch")->capture_default_str();
  app.add_option("--seconds", settings.seconds, "CPU time of one measurement")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 100.0));
  app.add_option("--rounds", settings.rounds, "How often everything is measured")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app.add_option("--steps", steps, "Only run the steps of this module and print what they took");
  CLI11_PARSE(app, argc, argv);
  Expected<void> done = {};
  if (steps.empty()) {
    done = run(settings, outputs);
  } else if (const auto figures = run_steps(steps, settings.seconds); figures.ok()) {
    std::cout << figures->dump() << '\n';
  } else {
    done = Failure{figures.error()};
  }
  if (!done.ok()) {
    std::cerr << "bench-train: " << done.error().message << '\n';
  }
  return done.ok() ? 0 : 1;
}

} // namespace
} // namespace tinyml::bench_train

int main(int argc, char **argv) {
  try {
    return tinyml::bench_train::run_program(argc, argv);
  } catch (const std::exception &error) {
    std::cerr << "bench-train: " << error.what() << '\n';
    return 1;
  }
}
