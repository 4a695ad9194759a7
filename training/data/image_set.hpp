// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tinyml::datasets {

/// Grey images of one size with a label each. Pixels are row-major, 0 (black) … 255 (white).
struct ImageSet {
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::vector<std::uint8_t> pixels; ///< size() * rows * columns
  std::vector<std::uint8_t> labels;

  [[nodiscard]] std::size_t size() const { return labels.size(); }
  [[nodiscard]] std::size_t image_bytes() const { return std::size_t{rows} * columns; }
  [[nodiscard]] ByteView image(std::size_t index) const {
    return ByteView(pixels).subspan(index * image_bytes(), image_bytes());
  }
  /// The first `count` images, or all when there are fewer.
  [[nodiscard]] ImageSet first(std::size_t count) const;
};

enum class Split { kTrain, kTest };

struct LoadOptions {
  /// Where local copies are looked for first: `<folder>/<name>/<file>.gz`. $TINYML_DATA_DIR when
  /// empty.
  std::filesystem::path data_folder;
  /// Where downloads are kept. $XDG_CACHE_HOME/tinyml/data (~/.cache) when empty.
  std::filesystem::path cache_folder;
  bool download = true;
};

/// `name` is "mnist" or "fashion-mnist" (or "fashion"). Every byte is checked against the published
/// SHA-256 sums of the unpacked files. kNotFound for an unknown name; kUnavailable when there is no
/// copy and no network.
[[nodiscard]] Expected<ImageSet> load(const std::string &name, Split split,
                                      const LoadOptions &options = {});

/// MNIST-like digits drawn from strokes with random slant, scale, shift, width and noise; the same
/// seed draws the same set. For machines that have neither the data nor a network.
[[nodiscard]] ImageSet draw_digits(std::size_t count, std::uint64_t seed);

} // namespace tinyml::datasets
