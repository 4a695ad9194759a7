// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "base/error.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

/// What a run left behind, round by round.
namespace tinyml::coordinator {

/// One worker at the end of a round, as the server knows it.
struct WorkerRow {
  unsigned id = 0;
  std::string board;
  std::string state; ///< "trains", "waits", "gone", "excluded", …
  double loss = 0;   ///< mean over the samples of its last update
  double samples_per_second = 0;
  std::uint64_t bytes_up = 0;   ///< of the last round
  std::uint64_t bytes_down = 0; ///< of the last round
  std::uint64_t samples = 0;    ///< that its last update was made from
  std::uint64_t refused = 0;    ///< updates that were no good, since the start
  /// On its own held-out samples, in percent: with the global model, and after local training.
  std::optional<double> personal_before;
  std::optional<double> personal_after;
};

/// One edge aggregator at the end of a round, as the server above it knows it.
struct EdgeRow {
  unsigned id = 0;
  std::string board;
  std::string state;
  std::uint64_t workers = 0;    ///< that it sums up
  std::uint64_t samples = 0;    ///< of those in its last update
  std::uint64_t bytes_up = 0;   ///< to the server above, in the last round
  std::uint64_t bytes_down = 0; ///< from there
};

struct RoundRecord {
  unsigned round = 0;         ///< from 1; 0 is the model before any training
  double accuracy = 0;        ///< of the global model on the test set, in percent
  double loss = 0;            ///< of the global model on the test set
  std::uint64_t bytes_up = 0; ///< mean per worker
  std::uint64_t bytes_down = 0;
  double seconds = 0; ///< from the round before
  std::vector<WorkerRow> workers;
  std::vector<EdgeRow> edges; ///< empty where workers talk to the server themselves
};

/// One worker's machine over the whole run, measured from outside.
struct WorkerFigures {
  unsigned id = 0;
  std::string board;
  std::uint64_t image_bytes = 0;
  /// All that the machine has: a virtual machine's memory, else the board's RAM that the image
  /// needs.
  std::uint64_t guest_memory_bytes = 0;
  std::uint64_t peak_anonymous_bytes = 0; ///< of the machine's process
  double samples_per_cpu_second = 0;
  unsigned restarts = 0; ///< it ended, or hung and was ended
};

/// The same of a machine that does not train: the parameter server, an edge aggregator.
struct MachineFigures {
  unsigned id = 0; ///< 0 is the server, edge aggregators count from 1
  std::string board;
  std::uint64_t workers = 0; ///< or edge aggregators, that talk to it
  std::uint64_t image_bytes = 0;
  std::uint64_t guest_memory_bytes = 0;
  std::uint64_t peak_anonymous_bytes = 0;
  unsigned restarts = 0;
};

struct RunRecord {
  std::string model;
  std::vector<RoundRecord> rounds;
  std::vector<WorkerFigures> workers;
  MachineFigures server{};
  std::vector<MachineFigures> edges{};
  double final_accuracy = 0;
};

[[nodiscard]] nlohmann::json to_json(const WorkerRow &record);
[[nodiscard]] nlohmann::json to_json(const EdgeRow &record);
[[nodiscard]] nlohmann::json to_json(const RoundRecord &record);
[[nodiscard]] nlohmann::json to_json(const WorkerFigures &figures);
[[nodiscard]] nlohmann::json to_json(const MachineFigures &figures);
/// The object that `tinyml train --json` ends with.
[[nodiscard]] nlohmann::json to_json(const RunRecord &record);

/// Reads back what to_json(RoundRecord) wrote; kInvalidInput when it is something else.
[[nodiscard]] Expected<RoundRecord> round_from_json(const nlohmann::json &json);

} // namespace tinyml::coordinator
