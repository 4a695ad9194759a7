// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tinyml::host {

/// The whole file. Files above `limit_bytes` are refused, so a hostile path cannot fill memory.
[[nodiscard]] Expected<std::vector<std::uint8_t>> read_file(const std::filesystem::path &path,
                                                            std::uint64_t limit_bytes = 1ULL << 30);
[[nodiscard]] Expected<std::string> read_text(const std::filesystem::path &path,
                                              std::uint64_t limit_bytes = 64ULL << 20);

/// Writes beside the target (`PATH.new-PID`), syncs and renames: after a crash the old or the new
/// file is there, whole. `mode` is the file's permissions, e.g. 0600 for a private key.
[[nodiscard]] Expected<void> write_file(const std::filesystem::path &path, ByteView bytes,
                                        unsigned mode = 0644);
[[nodiscard]] Expected<void> write_text(const std::filesystem::path &path, std::string_view text);

/// A fresh folder under the system's temporary folder, removed with all in it at the end.
class TemporaryFolder {
public:
  /// `purpose` becomes part of the name.
  [[nodiscard]] static Expected<TemporaryFolder> create(std::string_view purpose);
  TemporaryFolder(TemporaryFolder &&other) noexcept;
  TemporaryFolder &operator=(TemporaryFolder &&other) noexcept;
  ~TemporaryFolder();

  [[nodiscard]] const std::filesystem::path &path() const { return path_; }
  /// Leaves the folder where it is.
  void keep() { path_.clear(); }

private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

} // namespace tinyml::host
