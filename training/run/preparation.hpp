// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "training/models/trainable_model.hpp"
#include "training/run/host_step.hpp"
#include "training/run/image_builder.hpp"
#include "training/run/run_folder.hpp"
#include "training/run/run_machine.hpp"

#include <functional>

namespace tinyml::coordinator {

/// Where a run finds what it needs, and where its state goes.
struct Places {
  std::filesystem::path kits;
  std::vector<std::filesystem::path> zoos; ///< looked through in this order
  std::filesystem::path state;
};

/// Tells a person what happens now.
using Progress = std::function<void(const std::string &)>;

/// One machine, ready to start, and what its figures need.
struct PreparedMachine {
  MachineSpec spec;
  std::uint64_t image_bytes = 0;
  std::uint64_t memory_bytes = 0;  ///< a virtual machine's, else the RAM that the image needs
  std::uint32_t batch = 0;         ///< workers
  std::vector<std::uint8_t> shard; ///< workers that are sent theirs
};

/// Everything a run needs before its first machine starts.
struct PreparedRun {
  RunFolder folder{{}};
  RunState state;
  training::TrainableModel model;
  datasets::DataSet data;
  std::unique_ptr<HostStep> step;
  training::RunSettings settings; ///< of the (upper) server
  std::vector<float> initial;
  std::uint64_t sample_macs = 0;              ///< ModelCost
  std::vector<training::WorkerSamples> parts; ///< of a new run: what goes into the workers' stores
  PreparedMachine server;
  std::vector<PreparedMachine> edges;
  std::vector<PreparedMachine> workers;

  /// Which edge worker `index` belongs to; its index there.
  [[nodiscard]] std::size_t edge_of(std::size_t index) const { return index % edges.size(); }
  [[nodiscard]] std::size_t index_at_edge(std::size_t index) const { return index / edges.size(); }
};

/// Loads model and data, finds what cannot work, compiles the step for each board and for this
/// host, makes the stores. With `resume` the stores and settings are those of the run in
/// `places.state`, whose wish is taken.
[[nodiscard]] Expected<PreparedRun> prepare(const RunWish &wish, const Places &places, bool resume,
                                            const Progress &progress, const std::stop_token &stop);

} // namespace tinyml::coordinator
