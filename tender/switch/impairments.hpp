// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "os/net/address.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace tinyml::tender {

/// Stations that reach only each other.
using Island = std::vector<net::MacAddress>;

/// What a bad network does. Everything holds for each frame and each port that receives it; a frame
/// that the gateway answers goes through it twice. Probabilities are 0…1.
struct Impairments {
  double loss = 0;
  double duplicate = 0;
  /// The frame is held back by kReorderDelay besides `delay`, so that later ones pass it.
  double reorder = 0;
  std::chrono::microseconds delay{0};
  /// `delay` is longer or shorter by up to this, each frame for itself: frames may overtake.
  std::chrono::microseconds jitter{0};
  std::uint64_t bits_per_second = 0; ///< towards each port; 0: no limit
  /// The stations of one island reach each other alone; those in none, and the gateway, are
  /// together.
  std::vector<Island> islands;

  static constexpr std::chrono::milliseconds kReorderDelay{10};
  static constexpr std::chrono::seconds kLongestDelay{60};

  /// Changes frames' fate or time, besides the islands.
  [[nodiscard]] bool touches_frames() const;
  /// kInvalidInput, saying which value is wrong and what it may be.
  [[nodiscard]] Expected<void> check() const;
};

/// What the impairments did so far.
struct ImpairmentStats {
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t delayed = 0;    ///< frames that did not pass at once, for whatever reason
  std::uint64_t cut = 0;        ///< between islands
  std::uint64_t overflowed = 0; ///< lost because the queue of delayed frames was full
};

} // namespace tinyml::tender
