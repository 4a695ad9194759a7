// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tinyml::datasets {

/// How a CSV file of a time series is read. Fields are separated by commas, semicolons or tabs and
/// may stand in double quotes; a first row with something that is no number outside the label's
/// column is a header. One column is the label, any text; all others are finite numbers.
///
/// With `window` = 0 a row is a whole sample, step by step with the channels of a step side by
/// side. Else a row is one step, its columns are the channels, and a sample is `window` steps with
/// the same label: a window in which the label changes is left out.
struct SeriesOptions {
  std::string label_column;   ///< a header's word, or a number from 0; "label" or the last if empty
  std::uint32_t window = 0;   ///< steps
  std::uint32_t stride = 0;   ///< steps from one window to the next; `window` if 0
  std::uint32_t channels = 1; ///< of rows that are whole samples
};

struct Series {
  std::uint32_t steps = 0;
  std::uint32_t channels = 0;
  std::vector<float> values;             ///< sample after sample, step by step
  std::vector<std::string> labels;       ///< one a sample
  std::vector<std::uint64_t> first_rows; ///< of the samples: where windows overlap
};

/// kInvalidInput names the line.
[[nodiscard]] Expected<Series> parse_series(std::string_view text, const SeriesOptions &options);

} // namespace tinyml::datasets
