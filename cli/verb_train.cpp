// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/state_folder.hpp"
#include "cli/stop_on_signal.hpp"
#include "cli/terminal.hpp"
#include "cli/train_place.hpp"
#include "cli/train_screen.hpp"
#include "host/files.hpp"
#include "training/models/publish.hpp"
#include "training/run/curves.hpp"
#include "training/run/recipe.hpp"
#include "training/run/run_plan.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

struct TrainFlags {
  coordinator::RunWish wish;
  std::string model;
  std::string on = "kvm";
  std::string server_on;
  std::string memory = "2M";
  std::string state;
  std::string svg;
  std::string publish; ///< empty: MODEL-trained; "none"
  std::string capture;
  std::uint32_t workers = 0;
  double deadline_s = 0;
  bool resume = false;
  bool keep = false;
};

/// "512K", "2M".
Expected<std::uint32_t> memory_kib(const std::string &text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const std::string unit = digits == std::string::npos ? "" : text.substr(digits);
  if (digits == 0 || digits > 6 || (unit != "K" && unit != "M")) {
    return fail(ErrorCode::kInvalidInput, "--memory wants a size from 128K to 64M, as in 2M");
  }
  const auto number = static_cast<std::uint32_t>(std::stoul(text.substr(0, digits)));
  const std::uint32_t kib = unit == "M" ? number * 1024 : number;
  if (kib < 128 || kib > 65536) {
    return fail(ErrorCode::kInvalidInput, "--memory wants a size from 128K to 64M, as in 2M");
  }
  return kib;
}

/// The flags as a checked wish.
Expected<coordinator::RunWish> wish_of(const TrainFlags &flags) {
  coordinator::RunWish wish = flags.wish;
  auto boards = coordinator::parse_boards(flags.on);
  auto server = flags.server_on.empty() ? Expected<std::vector<std::string>>({""})
                                        : coordinator::parse_boards(flags.server_on);
  const auto memory = memory_kib(flags.memory);
  if (!boards.ok()) {
    return Failure{boards.error()};
  }
  if (!server.ok() || server->size() != 1) {
    return fail(ErrorCode::kInvalidInput, "--server-on wants one board");
  }
  if (!memory.ok()) {
    return Failure{memory.error()};
  }
  wish.model = flags.model;
  wish.boards = *std::move(boards);
  wish.server_board = server->front();
  wish.memory_kib = *memory;
  constexpr std::size_t kUsualWorkers = 3;
  wish.workers = flags.workers != 0
                     ? flags.workers
                     : static_cast<std::uint32_t>(std::max(kUsualWorkers, wish.boards.size()));
  wish.local_epochs = wish.local_steps != 0 ? 0 : wish.local_epochs;
  wish.round_deadline_ms = static_cast<std::uint32_t>(flags.deadline_s * 1000);
  wish.strategy =
      wish.strategy.empty() ? coordinator::strategy_for(wish.split, wish.barrier) : wish.strategy;
  if (wish.model.empty()) {
    return fail(ErrorCode::kInvalidInput,
                "name a model: a zoo name or a file, e.g. tinyml train mnist-lenet");
  }
  const auto checked = coordinator::check(wish);
  return checked.ok() ? Expected<coordinator::RunWish>(std::move(wish)) : Failure{checked.error()};
}

Expected<void> write_curves(const TrainFlags &flags, const coordinator::RunRecord &record,
                            const coordinator::RunWish &wish) {
  if (flags.svg.empty()) {
    return {};
  }
  const std::string subtitle =
      fmt::format("{}, {} workers, split {}, {}, coded as {}, {}", wish.data, wish.workers,
                  wish.split, wish.strategy, wish.coding, wish.barrier);
  return host::write_text(flags.svg, coordinator::curves_svg(record, subtitle));
}

/// Into the zoo of models that were trained here; the value is the name it can be ordered by.
Expected<std::string> publish(const TrainFlags &flags, const coordinator::TrainingRun &run,
                              const coordinator::RunRecord &record) {
  const coordinator::PreparedRun &prepared = run.prepared();
  if (flags.publish == "none") {
    return std::string();
  }
  const std::string name = flags.publish.empty() ? prepared.model.name + "-trained" : flags.publish;
  const coordinator::RunWish &wish = prepared.state.wish;
  const training::Publication publication{.name = name,
                                          .title = fmt::format("{}, trained by {} workers on {}",
                                                               prepared.model.name, wish.workers,
                                                               wish.data),
                                          .flat = run.model()->values,
                                          .accuracy = record.final_accuracy / 100,
                                          .training = coordinator::to_json(wish)};
  const auto file = training::publish(publication, prepared.model, prepared.data, trained_folder());
  return file.ok() ? Expected<std::string>(name) : Failure{file.error()};
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

Expected<void> train_in(const Context &context, const TrainFlags &flags,
                        const coordinator::RunWish &wish, const std::filesystem::path &state) {
  const auto kits = context.kits_folder();
  const auto zoo = context.zoo_folder();
  if (!kits.ok() || !zoo.ok()) {
    return Failure{kits.ok() ? zoo.error() : kits.error()};
  }
  const auto lock = FolderLock::take(state, "a training run in '" + state.string() + "'");
  if (!lock.ok()) {
    return Failure{lock.error()};
  }
  const StopOnSignal signals;
  TrainScreen screen;
  const coordinator::Observer observer = screen.observer();
  auto prepared =
      coordinator::prepare(wish, {.kits = *kits, .zoos = {*zoo, trained_folder()}, .state = state},
                           flags.resume, observer.progress, signals.token());
  if (!prepared.ok()) {
    return Failure{prepared.error()};
  }
  coordinator::TrainingRun run(*std::move(prepared), observer, {.capture = flags.capture});
  const auto record = run.run(signals.token());
  if (!record.ok()) {
    (void)write_curves(flags, {.model = wish.model, .rounds = run.prepared().state.rounds}, wish);
    return Failure{record.error()};
  }
  if (const auto drawn = write_curves(flags, *record, run.prepared().state.wish); !drawn.ok()) {
    return drawn;
  }
  const auto published = publish(flags, run, *record);
  if (!published.ok()) {
    return Failure{published.error()};
  }
  run.finish(flags.keep);
  show_result(context, *record, *published, state.string());
  return {};
}

Expected<void> train(const Context &context, const TrainFlags &flags) {
  if (flags.resume) {
    const auto state = unfinished_run(flags.state, flags.model);
    return state.ok() ? train_in(context, flags, {}, *state) : Failure{state.error()};
  }
  auto wish = wish_of(flags);
  if (!wish.ok()) {
    return Failure{wish.error()};
  }
  if (const std::string note = coordinator::replace_missing_boards(*wish); !note.empty()) {
    std::cerr << "tinyml: " << note << std::endl;
  }
  return train_in(context, flags, *wish, new_run_folder(flags.state, wish->model));
}

void add_task_flags(CLI::App &verb, TrainFlags &flags) {
  coordinator::RunWish &wish = flags.wish;
  verb.add_option("MODEL", flags.model, "A zoo name, or an ONNX or TensorFlow Lite file");
  verb.add_option(
      "--data", wish.data,
      "mnist, fashion, a folder with one folder of pictures a class, or a .csv file, e.g. "
      "motion.csv,window=50,label=activity "
      "(default: the zoo model's own)");
  verb.add_option("--samples", wish.most_samples, "Train on so many of them only");
  verb.add_option("--workers", flags.workers, "How many (default: 3, or as many as boards)");
  verb.add_option("--on", flags.on,
                  "Boards of the workers, e.g. kvm, linux, or kvm,kvm,mps2-an386; repeated until "
                  "every worker has one")
      ->capture_default_str();
  verb.add_option("--server-on", flags.server_on,
                  "Board of the parameter server (default: kvm, or linux where workers are on it)");
  verb.add_option("--edges", wish.edges, "Edge aggregators between the workers and the server");
  verb.add_option("--split", wish.split, "iid, shards:K (K label shards a worker) or disjoint")
      ->capture_default_str();
  verb.add_option("--share", wish.share,
                  "local: each worker's data are in its store; given: they are sent to it")
      ->capture_default_str();
  verb.add_option("--board-samples", wish.emulated_samples,
                  "Most samples of a worker under an emulator, which is slow (default: what it "
                  "trains on in about 20 seconds)");
  verb.add_option("--memory", flags.memory, "Of a KVM machine; more when its image needs more")
      ->capture_default_str();
}

void add_learning_flags(CLI::App &verb, TrainFlags &flags) {
  coordinator::RunWish &wish = flags.wish;
  wish.strategy.clear(); // the split decides
  verb.add_option("--rounds", wish.rounds, "How many")->capture_default_str();
  verb.add_option(
      "--strategy", wish.strategy,
      "fedavg, fedprox, fedadam, fedyogi, scaffold or median (default: fedavg where "
      "the split is iid, scaffold where it is shards and the barrier bsp, else fedadam)");
  verb.add_option("--coding", wish.coding, "Of updates: fp32, int8, int4, 1bit or topk")
      ->capture_default_str();
  verb.add_option("--barrier", wish.barrier, "bsp, ssp:S, asp or psp:K")->capture_default_str();
  verb.add_option("--clip", wish.clip, "Updates of a larger norm are scaled down to this one");
  verb.add_option("--batch", wish.batch, "Samples of a step (default: what suits each board)");
  verb.add_option("--rate", wish.rate, "Learning rate (default: the strategy's)");
  verb.add_option("--local-epochs", wish.local_epochs, "Over a worker's data in each round")
      ->capture_default_str();
  verb.add_option("--local-steps", wish.local_steps, "Steps in each round, instead of epochs");
  verb.add_option("--deadline", flags.deadline_s,
                  "Seconds after which a round ends without the workers that are late; 0: none")
      ->check(CLI::Range(0.0, 86400.0));
  verb.add_option("--lost", wish.lost_s,
                  "Seconds of silence after which a worker is not waited for (default: 30, with "
                  "emulated boards 180)");
  verb.add_option("--seed", wish.seed, "Decides everything that is drawn")->capture_default_str();
}

void add_result_flags(CLI::App &verb, TrainFlags &flags) {
  verb.add_option("--svg", flags.svg, "File for the curves of accuracy and loss");
  verb.add_option("--publish", flags.publish,
                  "The trained model's name in the zoo (default: MODEL-trained); none: do not");
  verb.add_option("--state", flags.state, "The run's folder (default: below $TINYML_HOME)");
  verb.add_flag("--resume", flags.resume, "Go on with a run that was stopped or killed");
  verb.add_flag("--keep", flags.keep, "Leave the machines' stores and consoles when done");
  verb.add_option("--capture", flags.capture,
                  "File for all frames between virtual machines (pcap)");
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
  add_task_flags(*verb, *flags);
  add_learning_flags(*verb, *flags);
  add_result_flags(*verb, *flags);
  verb->callback([&context, flags] { run_verb(context, [&] { return train(context, *flags); }); });
}

} // namespace tinyml::cli
