// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/package/contents.hpp"

#include <filesystem>

namespace tinyml::package {

/// A file that every package has; it marks a folder as one that --force may replace.
inline constexpr const char *kMarker = "tinyml-package.json";

/// Writes the files below `root`, creating folders. Nothing is synced: after a power cut a package
/// is made again.
[[nodiscard]] Expected<void> write_files(const std::filesystem::path &root,
                                         const std::vector<File> &files);

/// A folder under construction beside its destination, so that the destination appears whole or not
/// at all. What is not published is removed.
class StagedFolder {
public:
  /// kConflict when the destination holds anything: always if that is not a package of ours, else
  /// unless `replace`.
  [[nodiscard]] static Expected<StagedFolder> create(const std::filesystem::path &destination,
                                                     bool replace);
  StagedFolder(StagedFolder &&other) noexcept;
  StagedFolder &operator=(StagedFolder &&) = delete;
  ~StagedFolder();

  [[nodiscard]] const std::filesystem::path &path() const { return path_; }
  [[nodiscard]] Expected<void> write(const std::vector<File> &files) const {
    return write_files(path_, files);
  }
  /// Moves it to the destination; an older package there is removed.
  [[nodiscard]] Expected<void> publish();

private:
  StagedFolder(std::filesystem::path path, std::filesystem::path destination)
      : path_(std::move(path)), destination_(std::move(destination)) {}

  std::filesystem::path path_;
  std::filesystem::path destination_;
};

} // namespace tinyml::package
