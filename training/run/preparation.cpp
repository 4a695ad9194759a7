// SPDX-License-Identifier: Apache-2.0
#include "training/run/preparation.hpp"

#include "compiler/hostrun/kernel_sets.hpp"
#include "training/models/publish.hpp"
#include "training/run/machine_stores.hpp"
#include "training/run/run_plan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <random>

namespace tinyml::coordinator {
namespace {

constexpr std::uint32_t kHostBatch = 32;

Expected<void> load_model_and_data(PreparedRun &run, const Places &places,
                                   const Progress &progress) {
  RunWish &wish = run.state.wish;
  auto model = training::load_trainable(wish.model, places.zoos);
  if (!model.ok()) {
    return Failure{model.error()};
  }
  run.model = *std::move(model);
  wish.data = wish.data.empty() ? run.model.data_set() : wish.data;
  if (wish.data.empty()) {
    return fail(ErrorCode::kInvalidInput, "nobody says what '" + wish.model +
                                              "' is trained on: --data mnist, fashion, a folder of "
                                              "pictures or a .csv file");
  }
  progress("loading " + wish.data);
  auto asked = datasets::parse_data_wish(wish.data);
  if (!asked.ok()) {
    return Failure{asked.error()};
  }
  asked->model_input = run.model.input;
  asked->seed = wish.seed;
  asked->most_train = wish.most_samples;
  auto data = datasets::load_data_set(*asked);
  if (!data.ok()) {
    return Failure{data.error()};
  }
  run.data = *std::move(data);
  const auto fits = datasets::check_fits(run.data, run.model.input, run.model.outputs);
  if (fits.ok() && run.data.classes.size() < run.model.outputs) {
    progress(fmt::format("{} classes for a model with {} outputs: the last ones stay unused",
                         run.data.classes.size(), run.model.outputs));
  }
  return fits;
}

Expected<void> divide_data(PreparedRun &run, const ModelCost &cost) {
  auto parts = divide(run.data, run.state.wish, cost);
  if (!parts.ok()) {
    return Failure{parts.error()};
  }
  run.parts = *std::move(parts);
  return {};
}

/// Whatever would only show when the run is done or its images are built, found before.
Expected<void> check_run(PreparedRun &run, const Places &places) {
  const RunWish &wish = run.state.wish;
  for (const std::string &board : wish.boards) {
    if (auto trains = check_trains(places.kits, board); !trains.ok()) {
      return trains;
    }
  }
  const auto flat = training::flat_model(run.model.graph);
  if (!flat.ok()) {
    return Failure{flat.error()};
  }
  if (wish.publish != kPublishNothing) {
    auto can = training::check_publication(wish.publish, run.model, *flat);
    if (!can.ok() && can.error().code == ErrorCode::kUnsupported) {
      return fail(ErrorCode::kUnsupported, "'" + wish.model +
                                               "' cannot be published: " + can.error().message +
                                               ". With --publish none it is trained all the same");
    }
    if (!can.ok()) {
      return can;
    }
  }
  return divide_data(run, {.bytes = flat->size() * sizeof(float)});
}

Expected<void> compile_host_step(PreparedRun &run, const ImageBuilder &builder,
                                 const Recipe &recipe, const Progress &progress) {
  progress("compiling the training step for this machine");
  const std::string isa = hostrun::host_kernel_set();
  auto compiled = builder.host_step(isa, recipe, kHostBatch);
  if (!compiled.ok()) {
    return Failure{compiled.error()};
  }
  run.initial = std::move(compiled->initial);
  run.sample_macs = compiled->model.module.macs / kHostBatch;
  auto step =
      HostStep::build(*compiled, isa, builder.kits() / run.state.wish.board_of(0) / "include");
  if (!step.ok()) {
    return Failure{step.error()};
  }
  run.step = std::make_unique<HostStep>(*std::move(step));
  const module::TrainingInfo &info = run.step->info();
  ModelFacts facts{.parameter_count = info.parameter_count,
                   .learned_count = info.learned_count,
                   .class_biases =
                       training::ends_with_class_biases(run.model.graph, info.output_values)};
  std::copy_n(info.model_fingerprint, facts.fingerprint.size(), facts.fingerprint.begin());
  const auto settings = settings_of(run.state.wish, recipe, facts, run.state.run_id);
  if (!settings.ok()) {
    return Failure{settings.error()};
  }
  run.settings = *settings;
  progress("learning by " + recipe_text(run.settings));
  return {};
}

/// A new run's folder, or the state that one holds.
Expected<RunState> begin_state(const RunFolder &folder, const RunWish &wish, bool resume) {
  if (resume) {
    return folder.load();
  }
  if (const auto made = folder.create(); !made.ok()) {
    return Failure{made.error()};
  }
  const std::uint32_t run_id = std::random_device{}() | 1U;
  return RunState{.wish = wish, .run_id = run_id};
}

} // namespace

Expected<PreparedRun> prepare(const RunWish &wish, const Places &places, bool resume,
                              const Progress &progress, const std::stop_token &stop) {
  PreparedRun run{.folder = RunFolder(places.state)};
  auto state = begin_state(run.folder, wish, resume);
  if (!state.ok()) {
    return Failure{state.error()};
  }
  run.state = *std::move(state);
  if (const auto loaded = load_model_and_data(run, places, progress); !loaded.ok()) {
    return Failure{loaded.error()};
  }
  if (const auto checked = resume ? Expected<void>{} : check_run(run, places); !checked.ok()) {
    return Failure{checked.error()};
  }
  auto key = image::SigningKey::load_or_create(run.folder.path() / "key.pem");
  if (!key.ok()) {
    return Failure{key.error()};
  }
  const Recipe recipe = recipe_for(run.state.wish);
  training::initialise(run.model.graph, run.state.wish.seed);
  const ImageBuilder builder(places.kits, run.model.graph, run.model.name, *std::move(key));
  if (const auto step = compile_host_step(run, builder, recipe, progress); !step.ok()) {
    return Failure{step.error()};
  }
  if (const auto placed = place_machines(run, places); !placed.ok()) {
    return Failure{placed.error()};
  }
  if (resume) {
    recall_machines(run);
    return run;
  }
  // Only a compiled step tells how long emulated boards need for a sample.
  const ModelCost cost{.bytes = run.initial.size() * sizeof(float), .sample_macs = run.sample_macs};
  if (const auto divided = divide_data(run, cost); !divided.ok()) {
    return Failure{divided.error()};
  }
  const auto made = make_machines(run, builder, recipe, progress, stop);
  return made.ok() ? Expected<PreparedRun>(std::move(run)) : Failure{made.error()};
}

} // namespace tinyml::coordinator
