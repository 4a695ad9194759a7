// SPDX-License-Identifier: Apache-2.0
#include "training/run/wish.hpp"

#include "tender/machine/command_line.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace tinyml::coordinator {
namespace {

using nlohmann::json;

constexpr std::uint16_t kMostBatch = 4096;

/// The whole number behind "word:", from 1 to `most`.
std::optional<std::uint16_t> number_behind(const std::string &text, std::string_view word,
                                           std::uint16_t most) {
  if (!text.starts_with(word) || text.size() <= word.size() || text[word.size()] != ':') {
    return std::nullopt;
  }
  std::uint16_t value = 0;
  const char *end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + word.size() + 1, end, value);
  return error == std::errc{} && rest == end && value > 0 && value <= most ? std::optional(value)
                                                                           : std::nullopt;
}

Failure<HostError> wrong(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

Expected<void> check_boards(const RunWish &wish) {
  const auto known = tender::known_boards();
  std::vector<std::string> all = wish.boards;
  if (!wish.server_board.empty()) {
    all.push_back(wish.server_board);
  }
  for (const std::string &board : all) {
    if (std::find(known.begin(), known.end(), board) == known.end()) {
      return fail(ErrorCode::kNotFound, fmt::format("there is no board '{}'; --on takes kvm, linux "
                                                    "or one of: {}",
                                                    board, fmt::join(known, ", ")));
    }
  }
  return {};
}

Expected<void> check_numbers(const RunWish &wish) {
  if (wish.workers < 1 || wish.workers > training::kMaxWorkers * std::max(wish.edges, 1U)) {
    return wrong(fmt::format("--workers wants 1 to {} (with --edges E, E times as many)",
                             training::kMaxWorkers));
  }
  if (wish.boards.size() > wish.workers) {
    return wrong(fmt::format("--on names {} boards for {} workers; say --workers {}",
                             wish.boards.size(), wish.workers, wish.boards.size()));
  }
  if (wish.rounds < 1 || wish.rounds > training::kMaxRounds) {
    return wrong(fmt::format("--rounds wants 1 to {}", training::kMaxRounds));
  }
  if (wish.edges > wish.workers || wish.edges == 1) {
    return wrong("--edges wants 0 or at least 2, and no more than there are workers");
  }
  if (wish.batch > kMostBatch) {
    return wrong(fmt::format("--batch wants 1 to {}", kMostBatch));
  }
  if (!(wish.rate >= 0 && wish.rate <= 10 && wish.clip >= 0)) { // NaN is neither
    return wrong("--rate wants a number above 0 and at most 10, --clip one above 0");
  }
  if ((wish.local_epochs == 0) == (wish.local_steps == 0)) {
    return wrong("one of --local-epochs and --local-steps must be given, and at least 1");
  }
  if (wish.share != "local" && wish.share != "given") {
    return wrong("--share wants local (the shards are in the workers' stores from the start) or "
                 "given (they are sent)");
  }
  return {};
}

/// What each is fine by itself.
Expected<void> check_together(const RunWish &wish, const StrategyWish &strategy,
                              const BarrierWish &barrier) {
  const bool waits = barrier.barrier == training::Barrier::kBulk;
  if (wish.edges > 0 && !waits) {
    return wrong("edge aggregators wait for all their workers: --edges goes with --barrier bsp");
  }
  if (!waits && (strategy.strategy == training::Strategy::kScaffold ||
                 strategy.aggregation == training::Aggregation::kMedian)) {
    return wrong("--strategy " + wish.strategy +
                 " needs the updates of all workers of a round: it goes with --barrier bsp");
  }
  if (barrier.sampled_peers >= wish.workers) {
    return wrong(fmt::format("--barrier psp:K looks at K other workers: with {} of them K is at "
                             "most {}",
                             wish.workers, wish.workers - 1));
  }
  return {};
}

} // namespace

Expected<BarrierWish> parse_barrier(const std::string &text) {
  using training::Barrier;
  if (text == "bsp") {
    return BarrierWish{};
  }
  if (text == "asp") {
    return BarrierWish{Barrier::kNone};
  }
  if (const auto staleness = number_behind(text, "ssp", 1000)) {
    return BarrierWish{Barrier::kBounded, *staleness};
  }
  if (const auto peers = number_behind(text, "psp", training::kMaxWorkers)) {
    return BarrierWish{Barrier::kProbabilistic, 1, *peers};
  }
  return wrong("--barrier wants bsp, ssp:S, asp or psp:K, not '" + text + "'");
}

Expected<StrategyWish> parse_strategy(const std::string &text) {
  using training::Strategy;
  if (text == "median") {
    return StrategyWish{Strategy::kFedAvg, training::Aggregation::kMedian};
  }
  for (const Strategy strategy : {Strategy::kFedAvg, Strategy::kFedProx, Strategy::kFedAdam,
                                  Strategy::kFedYogi, Strategy::kScaffold}) {
    if (training::strategy_name(strategy) == text) {
      return StrategyWish{strategy};
    }
  }
  return wrong("--strategy wants fedavg, fedprox, fedadam, fedyogi, scaffold or median, not '" +
               text + "'");
}

Expected<training::Coding> parse_coding(const std::string &text) {
  training::Coding coding{};
  if (!training::find_coding(text, coding)) {
    return wrong("--coding wants fp32, int8, int4, 1bit or topk, not '" + text + "'");
  }
  return coding;
}

Expected<std::vector<std::string>> parse_boards(const std::string &list) {
  std::vector<std::string> boards;
  std::size_t from = 0;
  while (from <= list.size()) {
    const std::size_t comma = std::min(list.find(',', from), list.size());
    const std::string word = list.substr(from, comma - from);
    if (word.empty()) {
      return wrong("--on wants boards with a comma between them, as in kvm,kvm,mps2-an386");
    }
    boards.push_back(word == "kvm" ? "kvm-x86_64" : word);
    from = comma + 1;
  }
  return boards;
}

Expected<void> check(const RunWish &wish) {
  const auto split = training::parse_split(wish.split);
  const auto strategy = parse_strategy(wish.strategy);
  const auto coding = parse_coding(wish.coding);
  const auto barrier = parse_barrier(wish.barrier);
  if (!split.ok()) {
    return Failure{split.error()};
  }
  if (!strategy.ok()) {
    return Failure{strategy.error()};
  }
  if (!coding.ok()) {
    return Failure{coding.error()};
  }
  if (!barrier.ok()) {
    return Failure{barrier.error()};
  }
  if (auto numbers = check_numbers(wish); !numbers.ok()) {
    return numbers;
  }
  if (auto together = check_together(wish, *strategy, *barrier); !together.ok()) {
    return together;
  }
  return check_boards(wish);
}

json to_json(const RunWish &wish) {
  return {{"model", wish.model},
          {"data", wish.data},
          {"workers", wish.workers},
          {"boards", wish.boards},
          {"server_board", wish.server_board},
          {"rounds", wish.rounds},
          {"split", wish.split},
          {"strategy", wish.strategy},
          {"coding", wish.coding},
          {"barrier", wish.barrier},
          {"share", wish.share},
          {"batch", wish.batch},
          {"rate", wish.rate},
          {"clip", wish.clip},
          {"local_epochs", wish.local_epochs},
          {"local_steps", wish.local_steps},
          {"edges", wish.edges},
          {"seed", wish.seed},
          {"most_samples", wish.most_samples},
          {"emulated_samples", wish.emulated_samples},
          {"memory_kib", wish.memory_kib},
          {"round_deadline_ms", wish.round_deadline_ms},
          {"lost_s", wish.lost_s},
          {"publish", wish.publish},
          {"svg", wish.svg}};
}

Expected<RunWish> wish_from_json(const json &object) {
  try {
    return RunWish{.model = object.at("model"),
                   .data = object.at("data"),
                   .workers = object.at("workers"),
                   .boards = object.at("boards"),
                   .server_board = object.at("server_board"),
                   .rounds = object.at("rounds"),
                   .split = object.at("split"),
                   .strategy = object.at("strategy"),
                   .coding = object.at("coding"),
                   .barrier = object.at("barrier"),
                   .share = object.at("share"),
                   .batch = object.at("batch"),
                   .rate = object.at("rate"),
                   .clip = object.at("clip"),
                   .local_epochs = object.at("local_epochs"),
                   .local_steps = object.at("local_steps"),
                   .edges = object.at("edges"),
                   .seed = object.at("seed"),
                   .most_samples = object.at("most_samples"),
                   .emulated_samples = object.at("emulated_samples"),
                   .memory_kib = object.at("memory_kib"),
                   .round_deadline_ms = object.at("round_deadline_ms"),
                   .lost_s = object.at("lost_s"),
                   .publish = object.at("publish"),
                   .svg = object.at("svg")};
  } catch (const json::exception &) {
    return wrong("run.json is not a training run's settings; was it changed? Begin a new run with "
                 "another --state");
  }
}

} // namespace tinyml::coordinator
