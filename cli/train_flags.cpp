// SPDX-License-Identifier: Apache-2.0
#include "cli/train_flags.hpp"

#include "cli/arguments.hpp"
#include "cli/state_folder.hpp"
#include "training/run/recipe.hpp"
#include "training/run/run_plan.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <map>

namespace tinyml::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// For what may not be said as zero, which means "not said".
CLI::Validator at_least_one() {
  return {[](std::string &text) {
            long long value = 0;
            const bool is_number = CLI::detail::lexical_cast(text, value);
            return is_number && value < 1 ? "it must be at least 1, not " + text : std::string();
          },
          ""};
}

CLI::Validator above_zero() {
  return {[](std::string &text) {
            double value = 0;
            const bool is_number = CLI::detail::lexical_cast(text, value);
            return is_number && !(value > 0) ? "it must be above 0, not " + text : std::string();
          },
          ""};
}

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

/// From the root, so that a run can go on from another folder. `path` may have more behind a comma.
std::string from_root(const std::string &path) {
  const std::string file = path.substr(0, path.find(','));
  const fs::path whole = absolute_path(file);
  std::error_code error;
  const bool is_file = fs::exists(whole, error);
  return is_file ? whole.string() + path.substr(file.size()) : path;
}

bool is_published_data(const std::string &data) {
  return data == "mnist" || data == "fashion" || data == "fashion-mnist";
}

/// A file, and no word of a zoo.
bool is_model_file(const std::string &model) {
  std::error_code error;
  return fs::path(model).has_extension() && fs::is_regular_file(model, error);
}

Expected<void> take_boards(const TrainFlags &flags, coordinator::RunWish &wish) {
  auto boards = coordinator::parse_boards(flags.on);
  if (!boards.ok()) {
    return Failure{boards.error()};
  }
  auto server = flags.server_on.empty() ? Expected<std::vector<std::string>>({""})
                                        : coordinator::parse_boards(flags.server_on);
  if (!server.ok() || server->size() != 1) {
    return fail(ErrorCode::kInvalidInput, "--server-on wants one board");
  }
  constexpr std::size_t kUsualWorkers = 3;
  wish.boards = *std::move(boards);
  wish.server_board = server->front();
  wish.workers = flags.workers != 0
                     ? flags.workers
                     : static_cast<std::uint32_t>(std::max(kUsualWorkers, wish.boards.size()));
  return {};
}

/// Where run.json keeps what a flag says: by its own name, but for these.
std::string key_of(const std::string &flag) {
  static const std::map<std::string, std::string> kOther = {{"--on", "boards"},
                                                            {"--server-on", "server_board"},
                                                            {"--samples", "most_samples"},
                                                            {"--board-samples", "emulated_samples"},
                                                            {"--memory", "memory_kib"},
                                                            {"--deadline", "round_deadline_ms"},
                                                            {"--lost", "lost_s"},
                                                            {"MODEL", "model"}};
  if (const auto found = kOther.find(flag); found != kOther.end()) {
    return found->second;
  }
  std::string key = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

/// What may be said anew when a run goes on, because it is about what comes of it.
bool is_about_results(const std::string &flag) { return flag == "--svg" || flag == "--publish"; }

std::string word_of(const json &value) {
  if (value.is_array()) {
    std::vector<std::string> words;
    for (const json &one : value) {
      words.push_back(word_of(one));
    }
    return fmt::format("{}", fmt::join(words, ","));
  }
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void add_task_flags(CLI::App &verb, TrainFlags &flags) {
  coordinator::RunWish &wish = flags.wish;
  verb.add_option("MODEL", flags.model, "A zoo name, or an ONNX or TensorFlow Lite file");
  verb.add_option(
      "--data", wish.data,
      "mnist, fashion, a folder with one folder of pictures a class, or a .csv file, e.g. "
      "motion.csv,window=50,label=activity "
      "(default: the zoo model's own)");
  verb.add_option("--samples", wish.most_samples, "Train on so many of them only")
      ->check(at_least_one());
  verb.add_option("--workers", flags.workers, "How many (default: 3, or as many as boards)")
      ->check(at_least_one());
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
                  "trains on in about 20 seconds)")
      ->check(at_least_one());
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
  verb.add_option("--clip", wish.clip, "Updates of a larger norm are scaled down to this one")
      ->check(above_zero());
  verb.add_option("--batch", wish.batch, "Samples of a step (default: what suits each board)")
      ->check(at_least_one());
  verb.add_option("--rate", wish.rate, "Learning rate (default: the strategy's)")
      ->check(above_zero());
  CLI::Option *epochs =
      verb.add_option("--local-epochs", wish.local_epochs, "Over a worker's data in each round")
          ->check(at_least_one())
          ->capture_default_str();
  verb.add_option("--local-steps", wish.local_steps, "Steps in each round, instead of epochs")
      ->check(at_least_one())
      ->excludes(epochs);
  verb.add_option("--deadline", flags.deadline_s,
                  "Seconds after which a round ends without the workers that are late; 0: none")
      ->check(CLI::Range(0.0, 86400.0));
  verb.add_option("--lost", wish.lost_s,
                  "Seconds of silence after which a worker is not waited for (default: 30, with "
                  "emulated boards 180)")
      ->check(CLI::Range(1, 86400));
  verb.add_option("--seed", wish.seed, "Decides everything that is drawn")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{0xFFFFFFFF}))
      ->capture_default_str();
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

void add_train_flags(CLI::App &verb, TrainFlags &flags) {
  add_task_flags(verb, flags);
  add_learning_flags(verb, flags);
  add_result_flags(verb, flags);
}

void note_given_flags(const CLI::App &verb, TrainFlags &flags) {
  flags.given.clear();
  for (const CLI::Option *option : verb.get_options()) {
    if (option->count() > 0) {
      flags.given.push_back(option->get_name());
    }
  }
}

std::string usual_publication(const std::string &model) {
  constexpr std::size_t kMostLetters = 56; // names have 64 at most
  std::string name = is_model_file(model) ? fs::path(model).stem().string() : model;
  for (char &c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    c = upper ? static_cast<char>(c - 'A' + 'a') : plain ? c : '-';
  }
  name.erase(0, std::min(name.find_first_not_of("._-"), name.size()));
  return (name.empty() ? "model" : name.substr(0, kMostLetters)) + "-trained";
}

Expected<coordinator::RunWish> wish_of(const TrainFlags &flags) {
  if (flags.model.empty()) {
    return fail(ErrorCode::kInvalidInput,
                "name a model: a zoo name or a file, e.g. tinyml train mnist-lenet");
  }
  coordinator::RunWish wish = flags.wish;
  if (const auto boards = take_boards(flags, wish); !boards.ok()) {
    return Failure{boards.error()};
  }
  const auto memory = memory_kib(flags.memory);
  if (!memory.ok()) {
    return Failure{memory.error()};
  }
  wish.model = is_model_file(flags.model) ? from_root(flags.model) : flags.model;
  wish.data = is_published_data(wish.data) ? wish.data : from_root(wish.data);
  wish.memory_kib = *memory;
  wish.local_epochs = wish.local_steps != 0 ? 0 : wish.local_epochs;
  wish.round_deadline_ms = static_cast<std::uint32_t>(flags.deadline_s * 1000);
  wish.strategy =
      wish.strategy.empty() ? coordinator::strategy_for(wish.split, wish.barrier) : wish.strategy;
  wish.publish = flags.publish.empty() ? usual_publication(flags.model) : flags.publish;
  wish.svg = flags.svg.empty() ? "" : absolute_path(flags.svg).string();
  const auto checked = coordinator::check(wish);
  return checked.ok() ? Expected<coordinator::RunWish>(std::move(wish)) : Failure{checked.error()};
}

Expected<void> check_same(const TrainFlags &flags, const coordinator::RunWish &begun) {
  TrainFlags said = flags;
  said.model = said.model.empty() ? begun.model : said.model;
  auto wish = wish_of(said);
  if (!wish.ok()) {
    return Failure{wish.error()};
  }
  (void)coordinator::replace_missing_boards(*wish);
  const json now = to_json(*wish);
  const json then = to_json(begun);
  for (const std::string &flag : flags.given) {
    const std::string key = key_of(flag);
    if (is_about_results(flag) || !then.contains(key) || now[key] == then[key]) {
      continue;
    }
    return fail(ErrorCode::kConflict,
                fmt::format("a run goes on as it was begun: with {} {}, not {}; leave that out, or "
                            "begin another run without --resume",
                            flag, word_of(then[key]), word_of(now[key])));
  }
  return {};
}

} // namespace tinyml::cli
