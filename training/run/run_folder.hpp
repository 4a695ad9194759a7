// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "training/run/records.hpp"
#include "training/run/wish.hpp"

#include <filesystem>

namespace tinyml::coordinator {

/// What a run needs to go on in another process.
struct RunState {
  RunWish wish;
  std::uint32_t run_id = 0;
  std::vector<RoundRecord> rounds;
  nlohmann::json machines = nlohmann::json::array(); ///< what machine_stores.hpp tells of each
  bool finished = false; ///< all rounds are done, the model is where it was asked for
};

/// A run's folder: run.json, the machines' stores (`server/`, `worker-1/`, …), images, consoles,
/// the newest global model (model.f32).
class RunFolder {
public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path &path() const { return path_; }
  /// The folder of one machine: its store and its console.
  [[nodiscard]] std::filesystem::path machine(const std::string &name) const {
    return path_ / name;
  }
  [[nodiscard]] bool holds_run() const;
  /// kResourceFull when its disk has no room for so many more bytes: machines whose stores cannot
  /// grow would only stand still.
  [[nodiscard]] Expected<void> check_room(std::uint64_t bytes) const;

  /// Makes the folder. kConflict when it holds a run already, or other things.
  [[nodiscard]] Expected<void> create() const;
  [[nodiscard]] Expected<void> save(const RunState &state) const;
  /// kNotFound when there is no run; kInvalidInput for a file that is none of ours.
  [[nodiscard]] Expected<RunState> load() const;

private:
  [[nodiscard]] std::filesystem::path file() const { return path_ / "run.json"; }
  std::filesystem::path path_;
};

} // namespace tinyml::coordinator
