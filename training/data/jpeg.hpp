// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/data/picture.hpp"

namespace tinyml::datasets {

/// A JPEG file as a picture of `channels` (1 or 3) channels.
[[nodiscard]] Expected<Picture> decode_jpeg(ByteView bytes, std::uint32_t channels);

} // namespace tinyml::datasets
