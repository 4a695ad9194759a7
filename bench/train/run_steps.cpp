// SPDX-License-Identifier: Apache-2.0
#include "bench/train/figures.hpp"
#include "compiler/hostrun/training_module.hpp"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <random>

namespace tinyml::bench_train {
namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::uint64_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "RssAnon:") {
      std::uint64_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes * 1024;
    }
  }
  return 0;
}

/// A batch as pictures are: a fifth of the values are not 0. Weights small and random.
struct Content {
  std::vector<float> x, weights;
  std::vector<std::int32_t> labels;

  explicit Content(const module::TrainingInfo &info)
      : x(std::size_t{info.sample_values} * info.batch), weights(info.parameter_count),
        labels(info.batch) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> unit(0, 1);
    std::generate(x.begin(), x.end(), [&] { return unit(random) < 0.8F ? 0.0F : unit(random); });
    std::generate(weights.begin(), weights.end(), [&] { return 0.1F * (unit(random) - 0.5F); });
    std::generate(labels.begin(), labels.end(),
                  [&] { return static_cast<std::int32_t>(random() % info.output_values); });
  }
};

void one_step(hostrun::TrainingModule &module, const Content &content) {
  std::copy(content.x.begin(), content.x.end(), module.x().begin());
  std::copy(content.labels.begin(), content.labels.end(), module.labels().begin());
  module.step(0.05F);
}

} // namespace

Expected<nlohmann::json> run_steps(const std::filesystem::path &shared_object, double seconds) {
  constexpr double kWindow = 0.25;
  auto module = hostrun::TrainingModule::load(shared_object);
  if (!module.ok()) {
    return Failure{module.error()};
  }
  const Content content(module->training());
  if (auto loaded = module->load_model(content.weights); !loaded.ok()) {
    return Failure{loaded.error()};
  }
  double best = 0;
  for (double spent = 0; spent < seconds;) {
    const double start = cpu_seconds();
    double took = 0;
    std::uint64_t samples = 0;
    while (took < kWindow) {
      one_step(*module, content);
      samples += module->batch();
      took = cpu_seconds() - start;
    }
    best = std::max(best, static_cast<double>(samples) / took);
    spent += took;
  }
  return nlohmann::json{{"samples_per_cpu_second", best},
                        {"peak_anonymous_bytes", anonymous_bytes()},
                        {"parameters", module->training().parameter_count},
                        {"arena_bytes", module->info().arena_bytes},
                        {"variable_bytes", module->training().variable_bytes}};
}

} // namespace tinyml::bench_train
