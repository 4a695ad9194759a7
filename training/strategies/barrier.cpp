// SPDX-License-Identifier: Apache-2.0
#include "training/strategies/barrier.hpp"

#include <algorithm>

namespace tinyml::training {

namespace {

/// splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t next(std::uint64_t &state) {
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

bool is_within(const RunSettings &settings, std::uint32_t own, std::uint32_t other) {
  return own <= other || own - other <= settings.staleness;
}

} // namespace

bool may_train(const RunSettings &settings, std::uint32_t own, std::span<const std::uint32_t> live,
               std::uint64_t seed) {
  const auto near = [&](std::uint32_t other) { return is_within(settings, own, other); };
  if (settings.barrier == Barrier::kNone || live.empty()) {
    return true;
  }
  if (settings.barrier != Barrier::kProbabilistic) {
    return std::all_of(live.begin(), live.end(), near);
  }
  for (std::uint32_t i = 0; i < settings.sampled_peers; ++i) {
    const auto drawn = static_cast<std::size_t>((next(seed) >> 32) * live.size() >> 32);
    if (!near(live[drawn])) {
      return false;
    }
  }
  return true;
}

bool round_is_over(const RunSettings &settings, const RoundProgress &progress) {
  if (progress.delivered == 0) {
    return false;
  }
  const bool late =
      settings.round_deadline_ms != 0 && progress.elapsed_ms >= settings.round_deadline_ms;
  return progress.awaited == 0 || (late && progress.delivered >= settings.min_updates);
}

} // namespace tinyml::training
