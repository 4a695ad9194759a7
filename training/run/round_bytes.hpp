// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

namespace tinyml::coordinator {

/// One direction of a worker's traffic, by rounds. The counter is told later than what it counts,
/// and a worker is ahead of whoever watches: so bytes are assigned to the rounds that they were
/// for.
class RoundBytes {
public:
  /// The first `skipped` bytes from here on belong to no round; the counter stands at `counter`.
  void begin(std::uint32_t counter, std::uint64_t skipped) {
    *this = {};
    counter_ = counter;
    skipped_ = skipped;
  }
  /// Where the counter stands now. One that is lower than before began anew, from 0.
  void count(std::uint32_t counter) {
    const std::uint64_t more = counter >= counter_ ? counter - counter_ : counter;
    const std::uint64_t skipped = std::min(more, skipped_);
    counter_ = counter;
    skipped_ -= skipped;
    open_ += more - skipped;
  }
  /// What came since the last call was for the rounds `first` to `last`: `usual` bytes for each,
  /// and what is less than that beside them is the beginning of the next round's. Much more (a
  /// whole model) is theirs in equal parts.
  void assign(unsigned first, unsigned last, std::uint64_t usual) {
    const std::uint64_t rounds = last - first + 1;
    const std::uint64_t later = open_ > rounds * usual ? open_ - rounds * usual : 0;
    const std::uint64_t kept = later < usual ? later : 0;
    open_ -= kept;
    for (unsigned round = first; round <= last; ++round) {
      const std::uint64_t part = open_ / (last - round + 1);
      rounds_[round] += part;
      open_ -= part;
    }
    open_ = kept;
  }
  /// All that was for rounds up to this one and was not taken before.
  [[nodiscard]] std::uint64_t take(unsigned round) {
    std::uint64_t sum = 0;
    while (!rounds_.empty() && rounds_.begin()->first <= round) {
      sum += rounds_.begin()->second;
      rounds_.erase(rounds_.begin());
    }
    return sum;
  }
  /// Counted and not taken.
  [[nodiscard]] std::uint64_t waiting() const {
    std::uint64_t sum = open_;
    for (const auto &[round, bytes] : rounds_) {
      sum += bytes;
    }
    return sum;
  }

private:
  std::uint32_t counter_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t open_ = 0; ///< counted, and for which round is not known yet
  std::map<unsigned, std::uint64_t> rounds_;
};

} // namespace tinyml::coordinator
