// SPDX-License-Identifier: Apache-2.0
#include "training/data/image_set.hpp"

#include <algorithm>

namespace tinyml::datasets {

ImageSet ImageSet::first(std::size_t count) const {
  count = std::min(count, size());
  const auto pixel_count = static_cast<std::ptrdiff_t>(count * image_bytes());
  return {.rows = rows,
          .columns = columns,
          .pixels = {pixels.begin(), pixels.begin() + pixel_count},
          .labels = {labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(count)}};
}

} // namespace tinyml::datasets
