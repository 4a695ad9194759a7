// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What a training run is: told by the coordinator to the parameter server, and by that to each
/// worker that joins. docs/training-protocol.md, "Settings".
namespace tinyml::training {

// Values of all enumerations travel in messages: never renumber.

enum class Strategy : std::uint8_t {
  kFedAvg = 0,   ///< McMahan et al., AISTATS 2017; with server momentum Hsu et al. 2019
  kFedProx = 1,  ///< Li et al., MLSys 2020: the workers' steps are held by `proximal`
  kFedAdam = 2,  ///< Reddi et al., ICLR 2021
  kFedYogi = 3,  ///< ditto
  kScaffold = 4, ///< Karimireddy et al., ICML 2020, option II
};

/// How the updates of a round become one.
enum class Aggregation : std::uint8_t {
  kMean = 0,   ///< weighted by training samples
  kMedian = 1, ///< of each coordinate, unweighted (Yin et al., ICML 2018)
};

/// Who may go on with the next local training.
enum class Barrier : std::uint8_t {
  kBulk = 0,          ///< BSP: all workers of a round wait for each other
  kBounded = 1,       ///< SSP: at most `staleness` updates ahead of the slowest
  kNone = 2,          ///< ASP
  kProbabilistic = 3, ///< PSP: not ahead of any of `sampled_peers` drawn ones by > `staleness`
};

/// The workers' learning rate in round r of R, with t = r / (R - 1).
enum class RateSchedule : std::uint8_t {
  kConstant = 0,
  kLinear = 1,    ///< from `rate` to `rate_end`
  kSmooth = 2,    ///< ditto, along 1 - (3t² - 2t³), which is nearly a half cosine
  kGeometric = 3, ///< rate · rate_end^r: `rate_end` is then the factor of one round
};

/// An IPv4 endpoint; port 0 is none.
struct PeerAddress {
  std::array<std::uint8_t, 4> ipv4{};
  std::uint16_t port = 0;

  [[nodiscard]] bool present() const { return port != 0; }
  bool operator==(const PeerAddress &) const = default;
};

/// The same in all builds of one model, whatever batch and instruction set.
using Fingerprint = std::array<std::uint8_t, 8>;

inline constexpr std::uint32_t kMaxParameters = 1U << 24;
inline constexpr std::uint16_t kMaxWorkers = 128; ///< of one server; a hierarchy has more
inline constexpr std::uint16_t kMaxRounds = 10'000;
inline constexpr float kMaxScoreBalance = 64;
inline constexpr std::uint8_t kCodings = 5; ///< training/coding numbers them

struct RunSettings {
  std::uint32_t run_id = 0; ///< not 0; another one is another run
  Fingerprint model{};
  std::uint32_t parameter_count = 0; ///< of the flat model
  std::uint32_t learned_count = 0;   ///< its first ones; the rest are running statistics
  Strategy strategy = Strategy::kFedAvg;
  Aggregation aggregation = Aggregation::kMean;
  Barrier barrier = Barrier::kBulk;
  RateSchedule schedule = RateSchedule::kConstant;
  std::uint8_t update_coding = 0; ///< training::Coding of workers' updates
  std::uint8_t delta_coding = 0;  ///< of the server's deltas
  std::uint16_t rounds = 0;
  std::uint16_t workers = 0;      ///< the run begins when so many have joined
  std::uint16_t min_updates = 1;  ///< a round whose deadline passed ends with no fewer
  std::uint16_t local_epochs = 1; ///< one of these two is 0: epochs over the worker's shard...
  std::uint32_t local_steps = 0;  ///< ...or steps, per update
  float rate = 0;
  float rate_end = 0;
  std::uint16_t rate_batch = 0; ///< `rate` is for this batch: a worker whose module takes B samples
                                ///< uses rate · B / rate_batch; 0: everyone uses `rate`
  std::uint8_t keep_moments = 0; ///< 1: workers keep their optimiser's moments between rounds
  float momentum = 0;            ///< of the workers' SGD; 0 when their module has none
  float proximal = 0;            ///< FedProx's µ
  /// Workers add this times ln(share of the class among their samples + 0.01) to each class's score
  /// while they train; the model must end with a bias for each class. 0: off.
  float label_calibration = 0;
  /// η: for the classes' biases a worker sends -η · the mean of softmax(scores) - label over some
  /// of its training samples, by the round's model, in place of what its training made of them. The
  /// model must end with a bias for each class. 0: off.
  float score_balance = 0;
  float server_rate = 1;
  float server_momentum = 0; ///< FedAvg, FedProx: momentum; FedAdam, FedYogi: β1
  float second_moment = 0;   ///< FedAdam, FedYogi: β2
  float adaptivity = 0;      ///< FedAdam, FedYogi: τ
  float clip_norm = 0;       ///< updates of a larger L2 norm are scaled down to it; 0: off
  float refuse_norm = 0;     ///< updates of a larger L2 norm are refused; 0: off
  std::uint32_t round_deadline_ms = 0; ///< since a round began; 0: none
  std::uint32_t lost_ms = 30'000;      ///< a worker silent for so long counts as dead
  std::uint16_t poll_ms = 100;         ///< how often workers ask for their task
  std::uint16_t staleness = 0;
  std::uint16_t sampled_peers = 0;
  std::uint32_t seed = 0;
  PeerAddress upstream;             ///< present: this server is an edge aggregator of that one
  std::uint16_t upstream_index = 0; ///< its worker index there

  bool operator==(const RunSettings &) const = default;
};

/// What is wrong with settings; kNone: nothing.
enum class SettingsFault : std::uint8_t {
  kNone,
  kRunId,
  kParameters,
  kEnumeration,
  kCoding,
  kCounts,
  kLocalWork,
  kRate,
  kStrategyNumbers,
  kNorms,
  kTimes,
  kBarrier,
  kCombination,
  kUpstream,
};
[[nodiscard]] SettingsFault check(const RunSettings &settings);
/// What to change, in a sentence.
[[nodiscard]] std::string_view describe(SettingsFault fault);

/// The workers' rate in round `round` (0…rounds-1) by the schedule; the same bits everywhere.
[[nodiscard]] float rate_in_round(const RunSettings &settings, std::uint32_t round);

/// "fedavg", "fedprox", "fedadam", "fedyogi", "scaffold".
[[nodiscard]] std::string_view strategy_name(Strategy strategy);
/// "bsp", "ssp", "asp", "psp".
[[nodiscard]] std::string_view barrier_name(Barrier barrier);

} // namespace tinyml::training
