// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/impaired_wire.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace tinyml::tender {

using std::chrono::nanoseconds;

bool Impairments::touches_frames() const {
  return loss > 0 || duplicate > 0 || reorder > 0 || delay.count() > 0 || jitter.count() > 0 ||
         bits_per_second > 0;
}

Expected<void> Impairments::check() const {
  const std::array<std::pair<const char *, double>, 3> parts{
      {{"loss", loss}, {"duplicate", duplicate}, {"reorder", reorder}}};
  for (const auto &[name, value] : parts) {
    if (!(value >= 0 && value <= 1)) { // refuses NaN too
      return fail(ErrorCode::kInvalidInput, std::string(name) + " is a part of all frames: 0% to "
                                                                "100%");
    }
  }
  for (const auto &[name, value] : {std::pair{"delay", delay}, std::pair{"jitter", jitter}}) {
    if (value.count() < 0 || value > kLongestDelay) {
      return fail(ErrorCode::kInvalidInput, std::string(name) + " may be 0 to 60 seconds");
    }
  }
  constexpr std::uint64_t kSlowest = 1000;
  if (bits_per_second != 0 && bits_per_second < kSlowest) {
    return fail(ErrorCode::kInvalidInput, "rate is at least 1kbit a second, or 0 for no limit");
  }
  return {};
}

void ImpairedWire::set(Impairments impairments) {
  impairments_ = std::move(impairments);
  island_numbers_.clear();
  for (std::size_t i = 0; i < impairments_.islands.size(); ++i) {
    for (const net::MacAddress &station : impairments_.islands[i]) {
      island_numbers_[station] = i + 1;
    }
  }
  busy_until_.clear();
}

bool ImpairedWire::happens(double probability) {
  return probability > 0 && std::uniform_real_distribution<>(0, 1)(random_) < probability;
}

unsigned ImpairedWire::take(const FrameHop &hop, Time now) {
  if (!impairments_.touches_frames()) {
    return 1;
  }
  if (happens(impairments_.loss)) {
    ++stats_.lost;
    return 0;
  }
  const bool twice = happens(impairments_.duplicate);
  stats_.duplicated += twice ? 1 : 0;
  unsigned at_once = 0;
  for (unsigned copy = 0; copy < (twice ? 2U : 1U); ++copy) {
    const Time due = arrival(hop, now);
    if (due <= now) {
      ++at_once;
    } else {
      hold(hop, due);
    }
  }
  return at_once;
}

Time ImpairedWire::arrival(const FrameHop &hop, Time now) {
  nanoseconds wait = impairments_.delay;
  if (impairments_.jitter.count() > 0) {
    const std::int64_t most = nanoseconds(impairments_.jitter).count();
    wait += nanoseconds(std::uniform_int_distribution<std::int64_t>(-most, most)(random_));
  }
  wait = std::max(wait, nanoseconds(0));
  if (happens(impairments_.reorder)) {
    ++stats_.reordered;
    wait += Impairments::kReorderDelay;
  }
  return now + wait + wire_time(hop, now);
}

/// How long the frame waits for those before it and takes itself, at the rate that is set.
nanoseconds ImpairedWire::wire_time(const FrameHop &hop, Time now) {
  if (impairments_.bits_per_second == 0) {
    return nanoseconds(0);
  }
  constexpr std::uint64_t kBitsNanosPerByteSecond = 8'000'000'000;
  const nanoseconds own(hop.frame.size() * kBitsNanosPerByteSecond / impairments_.bits_per_second);
  Time &busy = busy_until_[hop.to];
  busy = std::max(busy, now) + own;
  return busy - now;
}

void ImpairedWire::hold(const FrameHop &hop, Time due) {
  if (held_.size() >= limits_.frames || held_bytes_ + hop.frame.size() > limits_.bytes) {
    ++stats_.overflowed;
    return;
  }
  ++stats_.delayed;
  held_bytes_ += hop.frame.size();
  held_.emplace(due, HeldFrame{hop.from, hop.to, {hop.frame.begin(), hop.frame.end()}});
}

std::optional<ImpairedWire::HeldFrame> ImpairedWire::due(Time now) {
  const auto first = held_.begin();
  if (first == held_.end() || first->first > now) {
    return std::nullopt;
  }
  HeldFrame frame = std::move(first->second);
  held_bytes_ -= frame.bytes.size();
  held_.erase(first);
  return frame;
}

std::optional<Time> ImpairedWire::next_due() const {
  return held_.empty() ? std::nullopt : std::optional(held_.begin()->first);
}

std::size_t ImpairedWire::island_of(std::span<const net::MacAddress> stations) const {
  std::size_t island = 0;
  for (const net::MacAddress &station : stations) {
    const auto found = island_numbers_.find(station);
    island = found == island_numbers_.end() ? island : found->second;
  }
  return island;
}

bool ImpairedWire::joins(std::span<const net::MacAddress> from,
                         std::span<const net::MacAddress> to) {
  const bool joined = island_numbers_.empty() || island_of(from) == island_of(to);
  stats_.cut += joined ? 0 : 1;
  return joined;
}

} // namespace tinyml::tender
