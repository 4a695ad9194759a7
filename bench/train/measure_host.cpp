// SPDX-License-Identifier: Apache-2.0
#include "bench/train/figures.hpp"
#include "compiler/driver/compile_training.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "host/files.hpp"
#include "host/process.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::bench_train {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// One program that measures itself and prints a JSON object, again and again.
struct Contender {
  json figures;
  std::vector<std::string> command;
};

Expected<driver::CompiledTraining> compiled(const Settings &settings, const std::string &model,
                                            const std::string &isa) {
  const auto file = host::read_file(settings.zoo / (model + ".onnx"));
  if (!file.ok()) {
    return Failure{file.error()};
  }
  const auto graph = driver::load_trainable_model(*file);
  return graph.ok()
             ? driver::compile_training(*graph, {.model_name = model, .isa = isa, .batch = kBatch})
             : Expected<driver::CompiledTraining>(Failure{graph.error()});
}

Expected<Contender> our_contender(const Settings &settings, const std::string &model,
                                  const std::string &isa, const fs::path &work) {
  const auto training = compiled(settings, model, isa);
  if (!training.ok()) {
    return Failure{training.error()};
  }
  hostrun::BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  options.isa = isa;
  options.extra_flags = {"-std=c++20"};
  const fs::path module = work / (model + "-" + isa + ".so");
  if (const auto built =
          hostrun::build_shared_object(training->model.module.files, options, module);
      !built.ok()) {
    return Failure{built.error()};
  }
  return Contender{{{"model", model}, {"kernel_set", isa}, {"batch", kBatch}},
                   {"taskset", "-c", "0", settings.self.string(), "--steps", module.string(),
                    "--seconds", fmt::format("{}", settings.seconds)}};
}

Contender pytorch_contender(const Settings &settings, const std::string &model) {
  return {{{"model", model}, {"batch", kBatch}},
          {"env", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "taskset", "-c", "0",
           settings.python, TINYML_SOURCE_DIR "/bench/train/pytorch_step.py",
           model == "mnist-lenet" ? "lenet" : "mlp", fmt::format("{}", kBatch),
           fmt::format("{}", settings.seconds)}};
}

/// Runs it once more; the better time of all runs stays. kUnavailable when it says that something
/// is missing.
Expected<void> run_again(Contender &contender) {
  constexpr int kMissing = 3;
  const auto outcome =
      host::run({.argv = contender.command, .environment = {}, .working_directory = {}});
  if (!outcome.ok()) {
    return Failure{outcome.error()};
  }
  if (!outcome->succeeded()) {
    return fail(outcome->exit_code == kMissing ? ErrorCode::kUnavailable : ErrorCode::kInternal,
                outcome->output);
  }
  const auto begin = outcome->output.find('{');
  const json now =
      json::parse(begin == std::string::npos ? "" : outcome->output.substr(begin), nullptr, false);
  if (now.is_discarded()) {
    return fail(ErrorCode::kInternal, "no JSON but: " + outcome->output);
  }
  const double before = contender.figures.value("samples_per_cpu_second", 0.0);
  const double best = std::max(before, now.at("samples_per_cpu_second").get<double>());
  contender.figures.update(now);
  contender.figures["samples_per_cpu_second"] = best;
  return {};
}

Expected<std::vector<Contender>> all_of_ours(const Settings &settings, const fs::path &work) {
  std::vector<Contender> all;
  for (const char *model : kModels) {
    for (const std::string &isa : hostrun::runnable_kernel_sets()) {
      if (isa == "scalar" || isa == "dsp") {
        continue; // for other processors
      }
      auto contender = our_contender(settings, model, isa, work);
      if (!contender.ok()) {
        return Failure{contender.error()};
      }
      all.push_back(*std::move(contender));
    }
  }
  return all;
}

json figures_of(const std::vector<Contender> &all) {
  json list = json::array();
  for (const Contender &one : all) {
    list.push_back(one.figures);
  }
  return list;
}

} // namespace

Expected<json> measure_host(const Settings &settings, const fs::path &work) {
  auto ours = all_of_ours(settings, work);
  if (!ours.ok()) {
    return Failure{ours.error()};
  }
  std::vector<Contender> theirs;
  for (const char *model : kModels) {
    theirs.push_back(pytorch_contender(settings, model));
  }
  for (int round = 0; round < settings.rounds; ++round) {
    for (Contender &one : *ours) {
      std::cerr << "bench-train: " << one.figures.dump() << '\n';
      if (auto ran = run_again(one); !ran.ok()) {
        return Failure{ran.error()};
      }
    }
    for (Contender &one : theirs) {
      std::cerr << "bench-train: PyTorch, " << one.figures.dump() << '\n';
      const auto ran = run_again(one);
      if (!ran.ok() && ran.error().code == ErrorCode::kUnavailable) {
        std::cerr << "bench-train: without PyTorch: " << ran.error().message;
        theirs.clear();
        break;
      }
      if (!ran.ok()) {
        return Failure{ran.error()};
      }
    }
  }
  return json{{"hosts", figures_of(*ours)}, {"pytorch", figures_of(theirs)}};
}

} // namespace tinyml::bench_train
