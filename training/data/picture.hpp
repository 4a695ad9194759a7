// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tinyml::datasets {

/// Grey (one channel) or red, green, blue (three).
struct Picture {
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::uint32_t channels = 1;
  std::vector<std::uint8_t> pixels; ///< row-major, channels side by side; 0 dark … 255 light
};

inline constexpr std::uint32_t kMaxPictureSide = 8192;

/// Whether the bytes begin like a PNG, JPEG, PGM or PPM (binary, 8 bits) file.
[[nodiscard]] bool is_picture(ByteView bytes);

/// Decodes any of them to `channels` (1 or 3) channels; alpha over black. kInvalidInput says what
/// is wrong with the bytes, without naming a file.
[[nodiscard]] Expected<Picture> decode_picture(ByteView bytes, std::uint32_t channels);
/// The same of a file; the message names it.
[[nodiscard]] Expected<Picture> read_picture(const std::filesystem::path &path,
                                             std::uint32_t channels);

/// Area-averaged (shrinking) or bilinear (growing) copy of another size.
[[nodiscard]] Picture resized(const Picture &picture, std::uint32_t rows, std::uint32_t columns);

} // namespace tinyml::datasets
