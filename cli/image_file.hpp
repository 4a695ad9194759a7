// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "training/data/picture.hpp"

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tinyml::cli {

/// One tensor as a build's report describes it (docs/backend.md).
struct TensorDescription {
  std::string name;
  std::string type; ///< "int8", "float32", …
  std::vector<std::uint32_t> shape;
  std::size_t size_bytes = 0;
  double scale = 0;
  int zero_point = 0;
};
[[nodiscard]] Expected<TensorDescription> describe_tensor(const nlohmann::json &report,
                                                          const char *list);

/// What a file gives a model: the raw tensor, and the picture to show when it is one.
struct ModelInput {
  std::vector<std::uint8_t> tensor;
  datasets::Picture picture; ///< grey; 0 rows when the input is not a grey picture
};

/// A picture (PNG, JPEG, PGM, PPM) is scaled to the tensor's height and width (1×1×H×W, values
/// 0…1); any other file must be the raw tensor, or H*W grey bytes.
[[nodiscard]] Expected<ModelInput> read_model_input(const std::filesystem::path &path,
                                                    const TensorDescription &tensor);

/// The raw tensor of one grey picture (rows * columns bytes, 0…255 means 0…1).
[[nodiscard]] Expected<std::vector<std::uint8_t>> encode_picture(ByteView pixels,
                                                                 const TensorDescription &tensor);

/// The values of a raw tensor as real numbers.
[[nodiscard]] std::vector<double> decode_tensor(ByteView raw, const TensorDescription &tensor);

/// Index of the largest value, the first one of equals.
[[nodiscard]] std::size_t index_of_largest(const std::vector<double> &values);

} // namespace tinyml::cli
