// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/conformance/case.hpp"

namespace tinyml::service::conformance {

/// A model with samples and what it makes of them.
struct TestModel {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t> calibration; ///< as the request's file
  Reference real;                        ///< as float32 computes it
  Reference exact; ///< as a model that came quantised computes it; may be empty
};

/// What all cases are made of.
struct Material {
  TestModel dense;     ///< fully connected layers only
  TestModel images;    ///< with convolutions
  TestModel quantized; ///< fully connected, with all scales given by the model
  Json profile;        ///< of the board, with the accelerators
  std::filesystem::path kit;
};

struct MaterialOptions {
  std::filesystem::path kit;
  std::filesystem::path zoo;
  std::vector<std::string> accelerators; ///< added to the profile
};

[[nodiscard]] Expected<Material> prepare_material(const MaterialOptions &options);

/// In the order in which they are to be run.
[[nodiscard]] std::vector<Case> valid_cases(const Material &material);
[[nodiscard]] std::vector<Case> invalid_cases(const Material &material);

/// A request for the model that is right in every key.
[[nodiscard]] Case good_case(const Material &material, const TestModel &model,
                             const std::string &name, const std::string &what);

} // namespace tinyml::service::conformance
