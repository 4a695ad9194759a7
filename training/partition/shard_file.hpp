// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/partition/partition.hpp"

namespace tinyml::training {

/// A worker's samples as its store keeps them (docs/training-protocol.md, "Data shard"): those to
/// train on, then the held-out ones. kDoesNotFit when the format cannot say it (more than 256
/// classes, or samples that are too many or too large). A model may tell more classes apart than
/// the set has: `outputs` (0: as many).
[[nodiscard]] Expected<std::vector<std::uint8_t>> shard_file(const datasets::DataSet &set,
                                                             const WorkerSamples &samples,
                                                             std::uint32_t seed,
                                                             std::size_t outputs = 0);

} // namespace tinyml::training
