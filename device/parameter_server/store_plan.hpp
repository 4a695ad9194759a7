// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/store/layout.hpp"
#include "protocol/training/messages.hpp"

#include <optional>

namespace tinyml::device {

/// Equal places in a row, each whole sectors.
struct RegionRow {
  std::uint32_t offset = 0;
  std::uint32_t stride_bytes = 0;
  std::uint32_t count = 0;

  [[nodiscard]] constexpr store::Region operator[](std::uint32_t index) const {
    return {offset + index * stride_bytes, stride_bytes};
  }
};

/// What lies where in the user area of a parameter server's store. Vectors are float32, as long as
/// the model. Rows of two are generations: one counts, the other is being written.
struct StorePlan {
  RegionRow commits;   ///< the log of commit records
  RegionRow models;    ///< one counts, one may be fetched still, one is being written
  RegionRow residual;  ///< what coding the deltas left over
  RegionRow first;     ///< m of the strategy
  RegionRow second;    ///< v
  RegionRow control;   ///< c
  RegionRow sums;      ///< where updates do not fit: the sum of those that have come
  RegionRow outgoing;  ///< of an edge aggregator: its update
  RegionRow deltas;    ///< a ring: that from version v lies in place v % count
  RegionRow slots;     ///< received updates
  bool folded = false; ///< there are not enough slots for a round: updates are summed at arrival
};

/// Lengths of what is kept.
[[nodiscard]] std::uint32_t vector_bytes(const training::RunSettings &settings);
[[nodiscard]] std::uint32_t update_bytes(const training::RunSettings &settings);
[[nodiscard]] std::uint32_t delta_bytes(const training::RunSettings &settings);

/// The commit log stands at the start whatever the settings are.
[[nodiscard]] RegionRow commit_log_of(const store::Region &user, const hal::StoreInfo &info);
/// Nothing when the run does not fit.
[[nodiscard]] std::optional<StorePlan> plan_store(const training::RunSettings &settings,
                                                  const store::Region &user,
                                                  const hal::StoreInfo &info);

} // namespace tinyml::device
