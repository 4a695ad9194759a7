// SPDX-License-Identifier: Apache-2.0
#include "training/data/calibration.hpp"

#include <algorithm>

namespace tinyml::datasets {
namespace {

constexpr std::uint64_t kDrawnSeed = 1998;

Calibration spread(const ImageSet &images, std::size_t count) {
  Calibration samples;
  samples.count = std::min(count, images.size());
  for (std::size_t i = 0; i < samples.count; ++i) {
    for (const std::uint8_t pixel : images.image(i * images.size() / samples.count)) {
      samples.values.push_back(static_cast<float>(pixel) / 255.0F);
    }
  }
  return samples;
}

} // namespace

Expected<Calibration> calibration_samples(const std::string &data_set, std::size_t count,
                                          const LoadOptions &options) {
  const auto images = load(data_set, Split::kTrain, options);
  if (images.ok()) {
    return spread(*images, count);
  }
  if (data_set != "mnist" || images.error().code != ErrorCode::kUnavailable) {
    return Failure{images.error()};
  }
  Calibration samples = spread(draw_digits(count, kDrawnSeed), count);
  samples.drawn = true;
  return samples;
}

} // namespace tinyml::datasets
