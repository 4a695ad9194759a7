// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::device {

/// A seeded permutation of 0…count-1 that needs no memory: a balanced Feistel network over the next
/// power of four, walked until it comes back below `count` (Black and Rogaway, CT-RSA 2002).
class Permutation {
public:
  Permutation() = default;
  Permutation(std::uint32_t count, std::uint64_t seed);

  [[nodiscard]] std::uint32_t operator()(std::uint32_t index) const;

private:
  [[nodiscard]] std::uint32_t mix(std::uint32_t value) const;

  std::uint32_t count_ = 1;
  unsigned half_bits_ = 1;
  std::uint64_t seed_ = 0;
};

/// The order in which a worker sees its samples: short runs of consecutive ones, so that the store
/// is asked once for each, in an order of their own for each epoch.
class SampleOrder {
public:
  struct Run {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  SampleOrder() = default;
  /// `samples` > 0.
  SampleOrder(std::uint32_t samples, std::uint32_t run_samples, std::uint64_t seed);

  /// The next samples, `most` of them or fewer; 0 once at the end of an epoch, which begins the
  /// next one.
  Run take(std::uint32_t most);

private:
  void begin_epoch();

  std::uint32_t samples_ = 0;
  std::uint32_t run_samples_ = 1;
  std::uint64_t seed_ = 0;
  std::uint32_t epoch_ = 0;
  std::uint32_t run_ = 0;  ///< in the epoch's order
  std::uint32_t used_ = 0; ///< of that run
  Permutation permutation_;
};

} // namespace tinyml::device
