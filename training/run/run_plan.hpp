// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "training/data/data_set.hpp"
#include "training/run/wish.hpp"

namespace tinyml::coordinator {

/// The board of the parameter server: what was asked for, else kvm-x86_64 where only virtual
/// machines work and KVM is there, else linux. kInvalidInput when the workers could not reach it.
[[nodiscard]] Expected<std::string> choose_server_board(const RunWish &wish);

/// Boards that need hardware which this machine lacks become linux; the value is what to tell about
/// it, empty when nothing was changed.
[[nodiscard]] std::string replace_missing_boards(RunWish &wish);

/// Boards under an emulator compute hundreds of times slower than this machine.
[[nodiscard]] bool is_emulated(const std::string &board);

/// What a model costs a worker.
struct ModelCost {
  std::uint64_t bytes = 0;       ///< the flat model
  std::uint64_t sample_macs = 0; ///< multiply-accumulates of a training step, for each sample
};

/// Most samples that a worker on an emulated board trains on: what was asked for, else what it
/// trains on in about 20 seconds where nothing else keeps the machine busy, at least 8.
[[nodiscard]] std::uint32_t emulated_samples(const RunWish &wish, const std::string &board,
                                             std::uint64_t sample_macs);

/// Each worker's samples: the partition, cut where a board is slow (an emulator's) or its store is
/// small.
[[nodiscard]] Expected<std::vector<training::WorkerSamples>>
divide(const datasets::DataSet &set, const RunWish &wish, const ModelCost &cost);

/// Bytes of store that a worker needs behind its shard, and a server of so many workers.
[[nodiscard]] std::uint64_t worker_room_bytes(std::uint64_t model_bytes);
[[nodiscard]] std::uint64_t server_room_bytes(std::uint64_t model_bytes, std::size_t workers);

} // namespace tinyml::coordinator
