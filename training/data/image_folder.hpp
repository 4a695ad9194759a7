// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/data/data_set.hpp"

namespace tinyml::datasets {

/// A folder of pictures (see DataWish), brought to the model's height, width and channels. Classes
/// are the folders' names in alphabetical order. Hidden files and files that are no pictures by
/// their name are left out.
[[nodiscard]] Expected<DataSet> load_image_folder(const DataWish &wish);

} // namespace tinyml::datasets
