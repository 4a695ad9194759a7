// SPDX-License-Identifier: Apache-2.0
#include "cli/image_file.hpp"

#include "host/files.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace tinyml::cli {
namespace {

constexpr std::uint64_t kMaxImageFileBytes = 64ULL << 20;
/// Height and width of a tensor that can be a grey picture: 1×1×H×W or 1×H×W×1 or H×W.
std::pair<std::uint32_t, std::uint32_t> picture_size(const TensorDescription &tensor) {
  std::vector<std::uint32_t> sides;
  std::copy_if(tensor.shape.begin(), tensor.shape.end(), std::back_inserter(sides),
               [](std::uint32_t side) { return side != 1; });
  if (sides.size() != 2) {
    return {0, 0};
  }
  return {sides[0], sides[1]};
}

} // namespace

Expected<TensorDescription> describe_tensor(const nlohmann::json &report, const char *list) {
  try {
    const nlohmann::json &tensors = report.at(list);
    if (tensors.size() != 1) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("the model has {} {}; this verb is for models with one",
                              tensors.size(), list));
    }
    const nlohmann::json &tensor = tensors.at(0);
    return TensorDescription{.name = tensor.at("name"),
                             .type = tensor.at("type"),
                             .shape = tensor.at("shape"),
                             .size_bytes = tensor.at("size_bytes"),
                             .scale = tensor.value("scale", 0.0),
                             .zero_point = tensor.value("zero_point", 0)};
  } catch (const nlohmann::json::exception &) {
    return fail(ErrorCode::kInternal,
                std::string("the build's report does not describe its ") + list);
  }
}

Expected<std::vector<std::uint8_t>> encode_picture(ByteView pixels,
                                                   const TensorDescription &tensor) {
  constexpr double kWhite = 255.0;
  std::vector<std::uint8_t> raw(tensor.size_bytes);
  if (tensor.type == "float32" && raw.size() == pixels.size() * sizeof(float)) {
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const float value = static_cast<float>(pixels[i]) / 255.0F;
      std::memcpy(raw.data() + i * sizeof(float), &value, sizeof(float));
    }
    return raw;
  }
  if (tensor.type == "int8" && raw.size() == pixels.size() && tensor.scale > 0) {
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const double quantised = std::round(pixels[i] / kWhite / tensor.scale) + tensor.zero_point;
      raw[i] =
          static_cast<std::uint8_t>(static_cast<std::int8_t>(std::clamp(quantised, -128.0, 127.0)));
    }
    return raw;
  }
  return fail(
      ErrorCode::kUnsupported,
      fmt::format("the model's input '{}' ({}, {} bytes) cannot take a picture of {} pixels",
                  tensor.name, tensor.type, tensor.size_bytes, pixels.size()));
}

Expected<ModelInput> read_model_input(const std::filesystem::path &path,
                                      const TensorDescription &tensor) {
  const auto file = host::read_file(path, kMaxImageFileBytes);
  if (!file.ok()) {
    return Failure{file.error()};
  }
  const auto [rows, columns] = picture_size(tensor);
  const std::size_t pixels = std::size_t{rows} * columns;
  ModelInput input;
  if (datasets::is_picture(*file)) {
    if (pixels == 0) {
      return fail(ErrorCode::kUnsupported,
                  "the model's input is not a grey picture; give the raw tensor");
    }
    const auto picture = datasets::read_picture(path, 1);
    if (!picture.ok()) {
      return Failure{picture.error()};
    }
    input.picture = datasets::resized(*picture, rows, columns);
  } else if (file->size() == pixels && pixels != 0) {
    input.picture = {rows, columns, 1, *file};
  } else if (file->size() == tensor.size_bytes) {
    input.tensor = *file;
    return input;
  } else {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("'{}' is neither a picture (PNG, JPEG, PGM, PPM) nor {} grey bytes nor "
                            "the raw tensor of {} bytes",
                            path.string(), pixels, tensor.size_bytes));
  }
  auto encoded = encode_picture(input.picture.pixels, tensor);
  if (!encoded.ok()) {
    return Failure{encoded.error()};
  }
  input.tensor = *std::move(encoded);
  return input;
}

std::vector<double> decode_tensor(ByteView raw, const TensorDescription &tensor) {
  std::vector<double> values;
  if (tensor.type == "float32") {
    for (std::size_t i = 0; i + sizeof(float) <= raw.size(); i += sizeof(float)) {
      float value = 0;
      std::memcpy(&value, raw.data() + i, sizeof(float));
      values.push_back(static_cast<double>(value));
    }
    return values;
  }
  for (const std::uint8_t byte : raw) {
    values.push_back(tensor.scale * (static_cast<std::int8_t>(byte) - tensor.zero_point));
  }
  return values;
}

std::size_t index_of_largest(const std::vector<double> &values) {
  return static_cast<std::size_t>(
      std::distance(values.begin(), std::max_element(values.begin(), values.end())));
}

} // namespace tinyml::cli
