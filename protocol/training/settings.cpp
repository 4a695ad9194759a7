// SPDX-License-Identifier: Apache-2.0
#include "protocol/training/settings.hpp"

#include <iterator>

namespace tinyml::training {

namespace {

bool is_one_of(auto value, auto last) { return value <= last; }

bool is_finite(float value) { return value - value == 0; }
bool is_share(float value) { return value >= 0 && value < 1; }

bool has_good_enumerations(const RunSettings &s) {
  return is_one_of(s.strategy, Strategy::kScaffold) &&
         is_one_of(s.aggregation, Aggregation::kMedian) &&
         is_one_of(s.barrier, Barrier::kProbabilistic) &&
         is_one_of(s.schedule, RateSchedule::kGeometric);
}

bool has_good_rate(const RunSettings &s) {
  const bool constant = s.schedule == RateSchedule::kConstant;
  return is_finite(s.rate) && s.rate > 0 && is_finite(s.rate_end) &&
         (constant ? s.rate_end >= 0 : s.rate_end > 0);
}

bool is_adaptive(const RunSettings &s) {
  return s.strategy == Strategy::kFedAdam || s.strategy == Strategy::kFedYogi;
}

bool has_good_strategy_numbers(const RunSettings &s) {
  const bool general = is_share(s.momentum) && is_finite(s.proximal) && s.proximal >= 0 &&
                       is_finite(s.server_rate) && s.server_rate > 0 && s.label_calibration >= 0 &&
                       s.label_calibration <= 1 && s.score_balance >= 0 &&
                       s.score_balance <= kMaxScoreBalance && is_share(s.server_momentum);
  const bool adaptive = is_share(s.second_moment) && is_finite(s.adaptivity) && s.adaptivity > 0;
  return general && (!is_adaptive(s) || adaptive) &&
         (s.strategy != Strategy::kFedProx || s.proximal > 0);
}

/// SCAFFOLD's control is told from the deltas, so a delta must be nothing but the updates' mean.
bool goes_together(const RunSettings &s) {
  const bool bulk = s.barrier == Barrier::kBulk;
  const bool scaffold = s.strategy == Strategy::kScaffold;
  const bool plain = s.server_momentum == 0 && s.aggregation == Aggregation::kMean && bulk;
  // Its step is one of the model itself: nothing may make another length of it.
  const bool balances = s.score_balance == 0 || !is_adaptive(s);
  const bool median_waits = s.aggregation == Aggregation::kMean || bulk;
  const bool edge = s.upstream.present();
  return (!scaffold || plain) && balances && median_waits && (!edge || bulk);
}

bool has_good_barrier(const RunSettings &s) {
  return s.barrier != Barrier::kProbabilistic ||
         (s.sampled_peers > 0 && s.sampled_peers <= kMaxWorkers);
}

} // namespace

SettingsFault check(const RunSettings &s) {
  using enum SettingsFault;
  const bool counts = s.rounds > 0 && s.rounds <= kMaxRounds && s.workers > 0 &&
                      s.workers <= kMaxWorkers && s.min_updates > 0 && s.min_updates <= s.workers;
  const bool norms =
      is_finite(s.clip_norm) && s.clip_norm >= 0 && is_finite(s.refuse_norm) && s.refuse_norm >= 0;
  const struct {
    bool good;
    SettingsFault fault;
  } rules[] = {
      {s.run_id != 0, kRunId},
      {s.parameter_count > 0 && s.parameter_count <= kMaxParameters && s.learned_count > 0 &&
           s.learned_count <= s.parameter_count,
       kParameters},
      {has_good_enumerations(s), kEnumeration},
      {s.update_coding < kCodings && s.delta_coding < kCodings, kCoding},
      {counts, kCounts},
      {(s.local_epochs == 0) != (s.local_steps == 0), kLocalWork},
      {has_good_rate(s), kRate},
      {has_good_strategy_numbers(s), kStrategyNumbers},
      {norms, kNorms},
      {s.poll_ms > 0 && s.lost_ms > s.poll_ms, kTimes},
      {has_good_barrier(s), kBarrier},
      {goes_together(s), kCombination},
      {!s.upstream.present() || s.upstream_index < kMaxWorkers, kUpstream},
  };
  for (const auto &rule : rules) {
    if (!rule.good) {
      return rule.fault;
    }
  }
  return kNone;
}

std::string_view describe(SettingsFault fault) {
  constexpr std::string_view kTexts[] = {
      "the settings are good",
      "the run's id must not be 0",
      "parameter_count must be 1 to 16777216, learned_count no more than that",
      "strategy, aggregation, barrier or schedule has a number that means nothing",
      "a coding has a number that means nothing",
      "rounds must be 1 to 10000, workers 1 to 128, min_updates 1 to workers",
      "either local_epochs or local_steps must be 0, and the other not",
      "rate must be above 0, and so must rate_end where the schedule changes the rate",
      "momentum, server_momentum and second_moment must be 0 to below 1, server_rate above 0, "
      "label_calibration 0 to 1, score_balance 0 to 64, proximal not negative (and above 0 with "
      "fedprox), adaptivity "
      "above 0 with fedadam, fedyogi",
      "clip_norm and refuse_norm must be 0 (off) or above",
      "poll_ms must be above 0 and lost_ms above poll_ms",
      "psp needs sampled_peers of 1 to 128",
      "scaffold works with bsp, the mean and without server_momentum; the median with bsp alone; "
      "an edge aggregator with bsp alone; score_balance not with fedadam, fedyogi",
      "upstream_index must be below 128",
  };
  return kTexts[static_cast<std::size_t>(fault)];
}

float rate_in_round(const RunSettings &s, std::uint32_t round) {
  if (s.schedule == RateSchedule::kConstant) {
    return s.rate;
  }
  if (s.schedule == RateSchedule::kGeometric) {
    float rate = s.rate;
    for (std::uint32_t i = 0; i < round && i < kMaxRounds; ++i) {
      rate *= s.rate_end;
    }
    return rate;
  }
  const std::uint32_t last = s.rounds > 1 ? s.rounds - 1U : 1U;
  float t = static_cast<float>(round < last ? round : last) / static_cast<float>(last);
  if (s.schedule == RateSchedule::kSmooth) {
    const float square = t * t;
    const float cube = square * t;
    t = 3 * square - 2 * cube;
  }
  const float change = (s.rate_end - s.rate) * t;
  return s.rate + change;
}

std::string_view strategy_name(Strategy strategy) {
  constexpr std::string_view kNames[] = {"fedavg", "fedprox", "fedadam", "fedyogi", "scaffold"};
  const auto index = static_cast<std::size_t>(strategy);
  return index < std::size(kNames) ? kNames[index] : std::string_view();
}

std::string_view barrier_name(Barrier barrier) {
  constexpr std::string_view kNames[] = {"bsp", "ssp", "asp", "psp"};
  const auto index = static_cast<std::size_t>(barrier);
  return index < std::size(kNames) ? kNames[index] : std::string_view();
}

} // namespace tinyml::training
