// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "cli/state_folder.hpp"

#include <filesystem>
#include <string>

namespace tinyml::cli {

/// A run's folder, held by this program alone.
class RunPlace {
public:
  /// For a new run: `wanted`, which must be empty or not there yet, else the first free one of
  /// `$TINYML_HOME/training/MODEL-N`. kConflict.
  [[nodiscard]] static Expected<RunPlace> claim(const std::string &wanted,
                                                const std::string &model);
  /// The run to go on with: that in `wanted`, else the one that was worked on last (of that model,
  /// if one is named). kNotFound when there is none; kConflict when it is finished, or under way.
  [[nodiscard]] static Expected<RunPlace> reopen(const std::string &wanted,
                                                 const std::string &model);

  [[nodiscard]] const std::filesystem::path &folder() const { return folder_; }
  /// There is something to go on with.
  [[nodiscard]] bool holds_rounds() const;
  /// For a run that never began: it leaves nothing behind.
  void clear() const;

private:
  RunPlace(std::filesystem::path folder, FolderLock lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}
  /// With the lock on it.
  [[nodiscard]] static Expected<RunPlace> hold(const std::filesystem::path &folder);

  std::filesystem::path folder_;
  FolderLock lock_;
  bool made_ = false; ///< it was not there before
};

} // namespace tinyml::cli
