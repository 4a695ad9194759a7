// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"

#include <string>
#include <vector>

namespace tinyml::cli {

struct TestDataFlags {
  std::string data;   ///< a data set's name or a file of float32 samples; none when empty
  std::string labels; ///< file of class numbers; a data set has its own
  std::size_t limit = 0;
};

struct LabelledSamples {
  std::vector<float> inputs; ///< one sample after the other
  std::vector<std::uint32_t> labels;
};

/// The test split of a data set, or the files named. Nothing when no data are named.
[[nodiscard]] Expected<LabelledSamples> read_test_data(const TestDataFlags &flags);

/// Adds --data, --labels and --limit to a verb.
void add_test_data_flags(CLI::App &verb, TestDataFlags &flags);

} // namespace tinyml::cli
