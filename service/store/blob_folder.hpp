// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tinyml::service {

/// Files named by the SHA-256 of their content: models, images, host modules. A blob is there whole
/// or not at all; storing the same bytes twice costs nothing.
class BlobFolder {
public:
  static constexpr std::size_t kMaxBlobBytes = std::size_t{256} << 20;

  /// Creates the folder and removes what a crash left half-written.
  [[nodiscard]] static Expected<BlobFolder> open(std::filesystem::path folder);

  /// Stores bytes; returns their hash, 64 hex digits.
  [[nodiscard]] Expected<std::string> put(ByteView bytes) const;
  /// Reads a blob and checks that it still has its hash.
  [[nodiscard]] Expected<std::vector<std::uint8_t>> get(const std::string &sha256) const;
  [[nodiscard]] bool contains(const std::string &sha256) const;
  [[nodiscard]] std::filesystem::path path_of(const std::string &sha256) const;

private:
  explicit BlobFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path folder_;
};

} // namespace tinyml::service
