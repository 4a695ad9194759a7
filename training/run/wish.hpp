// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "base/error.hpp"
#include "protocol/training/settings.hpp"
#include "training/coding/coding.hpp"
#include "training/partition/partition.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace tinyml::coordinator {

/// The barrier and its number.
struct BarrierWish {
  training::Barrier barrier = training::Barrier::kBulk;
  std::uint16_t staleness = 0;
  std::uint16_t sampled_peers = 0;
};
/// "bsp", "ssp:S", "asp", "psp:K".
[[nodiscard]] Expected<BarrierWish> parse_barrier(const std::string &text);

/// A strategy as people call it: "median" is one for them.
struct StrategyWish {
  training::Strategy strategy = training::Strategy::kFedAvg;
  training::Aggregation aggregation = training::Aggregation::kMean;
};
[[nodiscard]] Expected<StrategyWish> parse_strategy(const std::string &text);

/// "fp32", "int8", "int4", "1bit", "topk".
[[nodiscard]] Expected<training::Coding> parse_coding(const std::string &text);

/// "kvm" is kvm-x86_64; a list repeats until every worker has a board.
[[nodiscard]] Expected<std::vector<std::string>> parse_boards(const std::string &list);

/// As a name to publish by: the model stays in the run's folder.
constexpr const char *kPublishNothing = "none";

/// What a person asks for, in their words: checked by check() and turned into messages later. All
/// of it is kept in run.json, so that a run can go on.
struct RunWish {
  std::string model = "mnist-lenet";
  std::string data; ///< the zoo model's own when empty
  std::uint32_t workers = 3;
  std::vector<std::string> boards = {"kvm-x86_64"};
  std::string server_board; ///< by what the workers run on when empty
  std::uint16_t rounds = 5;
  std::string split = "iid";
  std::string strategy = "fedavg";
  std::string coding = "int4";
  std::string barrier = "bsp";
  std::string share = "local"; ///< or "given": the shards travel over CoAP
  std::uint32_t batch = 0;     ///< 0: what fits each board
  double rate = 0;             ///< 0: the strategy's own
  double clip = 0;
  std::uint16_t local_epochs = 1;
  std::uint32_t local_steps = 0; ///< instead of epochs
  std::uint32_t edges = 0;
  std::uint64_t seed = 1;
  std::uint32_t most_samples = 0;     ///< of the training part; 0: all
  std::uint32_t emulated_samples = 0; ///< most for a worker under an emulator; 0: by its speed
  std::uint32_t memory_kib = 2048;    ///< of a virtual machine
  std::uint32_t round_deadline_ms = 0;
  std::uint32_t lost_s = 0; ///< a worker silent for so long is not waited for; 0: by the boards
  std::string publish = kPublishNothing; ///< the trained model's name
  std::string svg;                       ///< file for the curves; empty: none

  /// The board of worker `index`.
  [[nodiscard]] const std::string &board_of(std::size_t index) const {
    return boards[index % boards.size()];
  }
};

/// Everything that can be known to be wrong before anything is loaded or built; says what to
/// change.
[[nodiscard]] Expected<void> check(const RunWish &wish);

[[nodiscard]] nlohmann::json to_json(const RunWish &wish);
[[nodiscard]] Expected<RunWish> wish_from_json(const nlohmann::json &json);

} // namespace tinyml::coordinator
