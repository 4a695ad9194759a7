// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::coap {

/// SplitMix64 (Steele, Lea, Flood 2014) over a seed from the owner's entropy source: for timer
/// jitter, first message ids and tokens. Tokens guard against answers forged by someone who cannot
/// see our traffic (RFC 7252 section 5.3.1); they are no secret towards someone who can.
class SeededRandom {
public:
  explicit constexpr SeededRandom(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] constexpr std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }

private:
  std::uint64_t state_;
};

} // namespace tinyml::coap
