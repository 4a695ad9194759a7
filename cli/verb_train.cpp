// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/state_folder.hpp"
#include "cli/stop_on_signal.hpp"
#include "cli/terminal.hpp"
#include "cli/train_flags.hpp"
#include "cli/train_place.hpp"
#include "cli/train_screen.hpp"
#include "host/files.hpp"
#include "training/models/publish.hpp"
#include "training/run/curves.hpp"
#include "training/run/run_plan.hpp"

#include <fmt/format.h>
#include <iostream>
#include <thread>
#include <unistd.h>

namespace tinyml::cli {
namespace {

using nlohmann::json;

/// A file that is written at the very end had better be possible at the beginning.
Expected<void> check_writable(const std::string &file, const char *flag) {
  const auto folder = std::filesystem::path(file).parent_path();
  std::error_code error;
  const bool is_there = folder.empty() || std::filesystem::is_directory(folder, error);
  const bool can_be = is_there && ::access(folder.empty() ? "." : folder.c_str(), W_OK) == 0 &&
                      !std::filesystem::is_directory(file, error);
  if (file.empty() || can_be) {
    return {};
  }
  return fail(ErrorCode::kInvalidInput, fmt::format("{} '{}' cannot be written: {}", flag, file,
                                                    !is_there ? "there is no such folder"
                                                    : std::filesystem::is_directory(file, error)
                                                        ? "it is a folder"
                                                        : "the folder takes no files of ours"));
}

Expected<void> check_results(const TrainFlags &flags, const coordinator::RunWish &wish,
                             const std::filesystem::path &zoo) {
  for (const auto &[file, flag] :
       {std::pair(wish.svg, "--svg"), std::pair(flags.capture, "--capture")}) {
    if (auto checked = check_writable(file, flag); !checked.ok()) {
      return checked;
    }
  }
  if (training::holds_model(zoo, wish.publish)) {
    return fail(ErrorCode::kConflict, "the model '" + wish.publish +
                                          "' comes with TinyMLaaS and is not replaced; choose "
                                          "another name with --publish");
  }
  return {};
}

Expected<void> write_curves(const coordinator::RunRecord &record,
                            const coordinator::RunWish &wish) {
  if (wish.svg.empty()) {
    return {};
  }
  const std::string subtitle =
      fmt::format("{}, {} workers, split {}, {}, coded as {}, {}", wish.data, wish.workers,
                  wish.split, wish.strategy, wish.coding, wish.barrier);
  return host::write_text(wish.svg, coordinator::curves_svg(record, subtitle));
}

/// One program at a time changes the zoo's list.
Expected<FolderLock> hold_zoo() {
  constexpr int kTries = 100;
  for (int i = 1;; ++i) {
    auto lock = FolderLock::take(trained_folder(), "something that publishes into the zoo");
    if (lock.ok() || lock.error().code != ErrorCode::kConflict || i == kTries) {
      return lock;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

/// Into the zoo of models that were trained here; the value is the name it can be ordered by.
Expected<std::string> publish(const coordinator::TrainingRun &run,
                              const coordinator::RunRecord &record) {
  const coordinator::PreparedRun &prepared = run.prepared();
  const coordinator::RunWish &wish = prepared.state.wish;
  if (wish.publish == coordinator::kPublishNothing) {
    return std::string();
  }
  json how = coordinator::to_json(wish);
  how.erase("svg");
  const training::Publication publication{.name = wish.publish,
                                          .title = fmt::format("{}, trained by {} workers on {}",
                                                               prepared.model.name, wish.workers,
                                                               wish.data),
                                          .flat = run.model()->values,
                                          .accuracy = record.final_accuracy / 100,
                                          .training = std::move(how)};
  const auto lock = hold_zoo();
  if (!lock.ok()) {
    return Failure{lock.error()};
  }
  const auto file = training::publish(publication, prepared.model, prepared.data, trained_folder());
  return file.ok() ? Expected<std::string>(wish.publish) : Failure{file.error()};
}

void show_result(const Context &context, const coordinator::RunRecord &record,
                 const std::string &published, const std::string &state) {
  json result = coordinator::to_json(record);
  result["published"] = published.empty() ? json() : json(published);
  result["state"] = state;
  context.show(result, [&] {
    std::cout << figures_text(record)
              << fmt::format("{} after {} rounds: {:.2f} % on the test set\n", record.model,
                             record.rounds.back().round, record.final_accuracy);
    if (!published.empty()) {
      std::cout << fmt::format("published as '{}'; order it: tinyml order {} --device NAME\n",
                               published, published);
    }
  });
}

/// Where models and kits are.
Expected<coordinator::Places> places_of(const Context &context, const RunPlace &place) {
  const auto kits = context.kits_folder();
  const auto zoo = context.zoo_folder();
  if (!kits.ok() || !zoo.ok()) {
    return Failure{kits.ok() ? zoo.error() : kits.error()};
  }
  return coordinator::Places{
      .kits = *kits, .zoos = {*zoo, trained_folder()}, .state = place.folder()};
}

/// The rounds, and what comes of them.
Expected<void> train_prepared(const Context &context, const TrainFlags &flags,
                              coordinator::TrainingRun &run, const StopOnSignal &signals,
                              TrainScreen &screen) {
  const coordinator::PreparedRun &prepared = run.prepared();
  const auto record = run.run(signals.token());
  screen.finish();
  if (!record.ok()) {
    (void)write_curves({.model = prepared.model.name, .rounds = prepared.state.rounds},
                       prepared.state.wish);
    return Failure{record.error()};
  }
  const auto published = publish(run, *record);
  if (!published.ok()) {
    return Failure{published.error()};
  }
  if (auto drawn = write_curves(*record, prepared.state.wish); !drawn.ok()) {
    return drawn;
  }
  if (auto finished = run.finish(flags.keep); !finished.ok()) {
    return finished;
  }
  show_result(context, *record, *published, prepared.folder.path().string());
  return {};
}

Expected<void> train_in(const Context &context, const TrainFlags &flags,
                        const coordinator::RunWish &wish, const RunPlace &place) {
  const auto places = places_of(context, place);
  if (!places.ok()) {
    return Failure{places.error()};
  }
  if (auto results = check_results(flags, wish, places->zoos.front()); !results.ok()) {
    return results;
  }
  const StopOnSignal signals;
  TrainScreen screen;
  const coordinator::Observer observer = screen.observer();
  auto prepared =
      coordinator::prepare(wish, *places, flags.resume, observer.progress, signals.token());
  if (!prepared.ok()) {
    return Failure{prepared.error()};
  }
  prepared->state.wish.publish = wish.publish;
  prepared->state.wish.svg = wish.svg;
  coordinator::TrainingRun run(*std::move(prepared), observer, {.capture = flags.capture});
  return train_prepared(context, flags, run, signals, screen);
}

Expected<void> train_anew(const Context &context, const TrainFlags &flags) {
  auto wish = wish_of(flags);
  if (!wish.ok()) {
    return Failure{wish.error()};
  }
  if (const std::string note = coordinator::replace_missing_boards(*wish); !note.empty()) {
    std::cerr << "tinyml: " << note << std::endl;
  }
  const auto place = RunPlace::claim(flags.state, wish->model);
  if (!place.ok()) {
    return Failure{place.error()};
  }
  const auto trained = train_in(context, flags, *wish, *place);
  if (!trained.ok() && !place->holds_rounds()) {
    place->clear();
  }
  return trained;
}

Expected<void> go_on(const Context &context, const TrainFlags &flags) {
  const auto place = RunPlace::reopen(flags.state, flags.model);
  if (!place.ok()) {
    return Failure{place.error()};
  }
  const auto state = coordinator::RunFolder(place->folder()).load();
  if (!state.ok()) {
    return Failure{state.error()};
  }
  if (auto same = check_same(flags, state->wish); !same.ok()) {
    return same;
  }
  coordinator::RunWish wish = state->wish;
  wish.publish = flags.publish.empty() ? wish.publish : flags.publish;
  wish.svg = flags.svg.empty() ? wish.svg : absolute_path(flags.svg).string();
  return train_in(context, flags, wish, *place);
}

} // namespace

void add_train(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand(
      "train", "Train a model on unikernels: one parameter server, many workers");
  verb->footer("Examples:\n  tinyml train mnist-lenet --workers 3 --on kvm --rounds 5\n"
               "  tinyml train mnist-lenet --split shards:2 --strategy scaffold --rounds 20 --svg "
               "curves.svg\n"
               "  tinyml train mnist-lenet --on kvm,kvm,mps2-an386,virt-rv32\n"
               "  tinyml train --resume\n"
               "Ctrl-C stops a run so that --resume goes on with it.");
  auto flags = std::make_shared<TrainFlags>();
  add_train_flags(*verb, *flags);
  verb->callback([&context, verb, flags] {
    note_given_flags(*verb, *flags);
    run_verb(context,
             [&] { return flags->resume ? go_on(context, *flags) : train_anew(context, *flags); });
  });
}

} // namespace tinyml::cli
