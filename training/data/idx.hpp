// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/data/image_set.hpp"

namespace tinyml::datasets {

/// Joins an IDX3 file of unsigned-byte images and an IDX1 file of labels (both unpacked; big-endian
/// headers as published with MNIST). Counts and lengths must agree exactly.
[[nodiscard]] Expected<ImageSet> parse_idx(ByteView images, ByteView labels);

/// Unpacks a gzip file; fails when it is damaged or would unpack to more than `limit_bytes`.
[[nodiscard]] Expected<std::vector<std::uint8_t>> gunzip(ByteView packed, std::size_t limit_bytes);

} // namespace tinyml::datasets
