// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/driver/compile_model.hpp"

#include <filesystem>

namespace tinyml::driver {

/// Samples to judge a model by: all inputs of a sample, then those of the next.
struct TestData {
  std::span<const float> inputs;
  std::span<const std::uint32_t> labels; ///< the right class of each sample; may be empty
};

/// A float model and its integer form on the same samples. The class is the largest number of the
/// first output; where that is a single number, whether it is at least one half.
struct Accuracy {
  std::size_t samples = 0;
  std::size_t same_class = 0;
  double output_sqnr_db = 0; ///< of the first output
  bool has_labels = false;
  std::size_t right_in_float = 0;
  std::size_t right_in_integers = 0;
};

/// Compiles both for this machine and runs them on every sample. `include_dir` has base/ and
/// kernels/. kInvalidInput when samples and labels do not match each other or the model.
[[nodiscard]] Expected<Accuracy> measure_accuracy(const CompiledModel &real,
                                                  const CompiledModel &integers,
                                                  const TestData &data,
                                                  const std::filesystem::path &include_dir);

} // namespace tinyml::driver
