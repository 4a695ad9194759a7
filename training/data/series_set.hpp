// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/data/data_set.hpp"

namespace tinyml::datasets {

/// A .csv file, or a folder with train.csv and test.csv, as a data set (see SeriesOptions). The
/// last samples of each class of a single file are for tests, and none of them overlaps a sample
/// for training. Classes are in alphabetical order, or by number when all are numbers.
[[nodiscard]] Expected<DataSet> load_series(const DataWish &wish);

} // namespace tinyml::datasets
