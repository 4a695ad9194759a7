// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "training/data/image_set.hpp"

#include <string>
#include <vector>

namespace tinyml::datasets {

/// Samples to calibrate a model with.
struct Calibration {
  std::vector<float> values; ///< 0…1, one image of rows * columns after the other
  std::size_t count = 0;
  bool drawn = false; ///< the data set was not there: digits that the program drew instead
};

/// Training images of the data set, evenly spread over it. When "mnist" is not on this machine and
/// cannot be downloaded, drawn digits take its place and `drawn` says so.
[[nodiscard]] Expected<Calibration> calibration_samples(const std::string &data_set,
                                                        std::size_t count,
                                                        const LoadOptions &options = {});

} // namespace tinyml::datasets
