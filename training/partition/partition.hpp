// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/data/data_set.hpp"

#include <string_view>

namespace tinyml::training {

/// How a data set's training part is divided among workers.
struct Split {
  enum class Kind : std::uint8_t {
    kIid,      ///< shuffled, equal counts
    kShards,   ///< sorted by label and cut into shards; some for each worker (McMahan et al.,
               ///< AISTATS 2017)
    kDisjoint, ///< each label belongs to one worker
  };
  Kind kind = Kind::kIid;
  std::uint32_t shards_per_worker = 2;
};

/// "iid", "shards:K" or "disjoint".
[[nodiscard]] Expected<Split> parse_split(std::string_view text);
/// The same text for a split.
[[nodiscard]] std::string split_name(const Split &split);

/// One worker's samples, as indices of the data set's two parts.
struct WorkerSamples {
  std::vector<std::uint32_t> train; ///< in a random order
  std::vector<std::uint32_t> test;  ///< held out: labels in the proportions of `train`
};

struct PartitionWish {
  Split split;
  std::uint32_t workers = 3;
  std::uint64_t seed = 1;
  std::uint32_t most_test = 500; ///< held-out samples a worker
};

/// Every training sample goes to exactly one worker. The same wish divides in the same way on every
/// machine. kInvalidInput when there are more workers (or shards) than samples or labels for them.
[[nodiscard]] Expected<std::vector<WorkerSamples>> partition(const datasets::DataSet &set,
                                                             const PartitionWish &wish);

} // namespace tinyml::training
