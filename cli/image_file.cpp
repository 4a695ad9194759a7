// SPDX-License-Identifier: Apache-2.0
#include "cli/image_file.hpp"

#include "host/files.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <png.h>

namespace tinyml::cli {
namespace {

constexpr std::uint64_t kMaxImageFileBytes = 64ULL << 20;
constexpr std::uint32_t kMaxSide = 8192;

bool is_png(ByteView bytes) {
  constexpr std::uint8_t kSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  return bytes.size() >= sizeof(kSignature) &&
         std::memcmp(bytes.data(), kSignature, sizeof(kSignature)) == 0;
}

/// Overlap-weighted mean of the source pixels under one target pixel, along one axis.
struct Window {
  std::size_t begin;
  std::vector<double> weights;
};

Window window_of(std::uint32_t target, std::uint32_t target_size, std::uint32_t source_size) {
  const double ratio = static_cast<double>(source_size) / target_size;
  const double width = std::max(ratio, 1.0);
  const double centre = (target + 0.5) * ratio;
  const double from = std::clamp(centre - width / 2, 0.0, source_size - 1.0);
  const double to = std::clamp(centre + width / 2, from + 1e-9, static_cast<double>(source_size));
  Window window{static_cast<std::size_t>(from), {}};
  double sum = 0;
  for (auto left = std::floor(from); left < to; left += 1) {
    const double covered = std::min(to, left + 1) - std::max(from, left);
    window.weights.push_back(std::max(covered, 0.0));
    sum += window.weights.back();
  }
  for (double &weight : window.weights) {
    weight /= sum;
  }
  return window;
}

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

Expected<GreyImage> read_png(const std::filesystem::path &path) {
  const auto file = host::read_file(path, kMaxImageFileBytes);
  if (!file.ok()) {
    return Failure{file.error()};
  }
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&png, file->data(), file->size()) == 0 ||
      png.width > kMaxSide || png.height > kMaxSide) {
    const std::string reason =
        png.message[0] != '\0' ? png.message : "it is larger than 8192 pixels";
    png_image_free(&png);
    return fail(ErrorCode::kInvalidInput, "cannot read '" + path.string() + "' as PNG: " + reason);
  }
  png.format = PNG_FORMAT_GRAY;
  GreyImage image{png.height, png.width, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(png))};
  const png_color black{0, 0, 0};
  if (png_image_finish_read(&png, &black, image.pixels.data(), 0, nullptr) == 0) {
    return fail(ErrorCode::kInvalidInput,
                "cannot read '" + path.string() + "' as PNG: " + png.message);
  }
  return image;
}

GreyImage resized(const GreyImage &image, std::uint32_t rows, std::uint32_t columns) {
  GreyImage result{rows, columns, std::vector<std::uint8_t>(std::size_t{rows} * columns)};
  for (std::uint32_t y = 0; y < rows; ++y) {
    const Window vertical = window_of(y, rows, image.rows);
    for (std::uint32_t x = 0; x < columns; ++x) {
      const Window horizontal = window_of(x, columns, image.columns);
      double sum = 0;
      for (std::size_t j = 0; j < vertical.weights.size(); ++j) {
        const std::uint8_t *row = image.pixels.data() + (vertical.begin + j) * image.columns;
        for (std::size_t i = 0; i < horizontal.weights.size(); ++i) {
          sum += vertical.weights[j] * horizontal.weights[i] * row[horizontal.begin + i];
        }
      }
      result.pixels[std::size_t{y} * columns + x] = static_cast<std::uint8_t>(std::lround(sum));
    }
  }
  return result;
}

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
  if (is_png(*file)) {
    if (pixels == 0) {
      return fail(ErrorCode::kUnsupported,
                  "the model's input is not a grey picture; give the raw tensor");
    }
    const auto png = read_png(path);
    if (!png.ok()) {
      return Failure{png.error()};
    }
    input.picture = resized(*png, rows, columns);
  } else if (file->size() == pixels && pixels != 0) {
    input.picture = {rows, columns, *file};
  } else if (file->size() == tensor.size_bytes) {
    input.tensor = *file;
    return input;
  } else {
    return fail(
        ErrorCode::kInvalidInput,
        fmt::format("'{}' is neither a PNG nor {} grey bytes nor the raw tensor of {} bytes",
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
