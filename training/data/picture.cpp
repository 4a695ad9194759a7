// SPDX-License-Identifier: Apache-2.0
#include "training/data/picture.hpp"

#include "host/files.hpp"
#include "training/data/jpeg.hpp"

#include <cctype>
#include <fmt/format.h>
#include <optional>
#include <png.h>

namespace tinyml::datasets {
namespace {

constexpr std::uint64_t kMaxFileBytes = 64ULL << 20;
constexpr std::uint8_t kPngSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr std::uint8_t kJpegSignature[] = {0xFF, 0xD8, 0xFF};

bool begins_with(ByteView bytes, ByteView signature) {
  return bytes.size() >= signature.size() &&
         std::memcmp(bytes.data(), signature.data(), signature.size()) == 0;
}

bool is_portable_map(ByteView bytes) {
  return bytes.size() > 2 && bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '6') &&
         std::isspace(bytes[2]) != 0;
}

Expected<Picture> decode_png(ByteView bytes, std::uint32_t channels) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0 ||
      png.width > kMaxPictureSide || png.height > kMaxPictureSide) {
    const std::string reason = png.message[0] != '\0'
                                   ? png.message
                                   : fmt::format("it is larger than {} pixels", kMaxPictureSide);
    png_image_free(&png);
    return fail(ErrorCode::kInvalidInput, reason);
  }
  png.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  Picture picture{png.height, png.width, channels, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(png))};
  const png_color black{0, 0, 0};
  if (png_image_finish_read(&png, &black, picture.pixels.data(), 0, nullptr) == 0) {
    return fail(ErrorCode::kInvalidInput, png.message);
  }
  return picture;
}

/// The next number of a portable map's header; `#` begins a comment up to the line's end.
std::optional<std::uint32_t> take_number(ByteReader &reader) {
  constexpr std::uint32_t kMost = 1U << 20;
  std::uint32_t value = 0;
  bool in_number = false;
  bool in_comment = false;
  while (const auto byte = reader.take_le<std::uint8_t>()) {
    if (in_comment) {
      in_comment = *byte != '\n';
    } else if (std::isdigit(*byte) != 0 && value < kMost) {
      value = value * 10 + (*byte - '0');
      in_number = true;
    } else if (*byte == '#' && !in_number) {
      in_comment = true;
    } else if (std::isspace(*byte) == 0) {
      return std::nullopt;
    } else if (in_number) {
      return value;
    }
  }
  return std::nullopt;
}

/// Rec. 601 luma of red, green and blue.
std::uint8_t grey_of(const std::uint8_t *rgb) {
  return static_cast<std::uint8_t>((299U * rgb[0] + 587U * rgb[1] + 114U * rgb[2] + 500U) / 1000U);
}

Picture with_channels(Picture picture, std::uint32_t channels) {
  if (picture.channels == channels) {
    return picture;
  }
  const std::size_t places = std::size_t{picture.rows} * picture.columns;
  Picture result{picture.rows, picture.columns, channels, {}};
  for (std::size_t i = 0; i < places; ++i) {
    if (channels == 1) {
      result.pixels.push_back(grey_of(picture.pixels.data() + i * 3));
    } else {
      result.pixels.insert(result.pixels.end(), 3, picture.pixels[i]);
    }
  }
  return result;
}

Expected<Picture> decode_portable_map(ByteView bytes, std::uint32_t channels) {
  ByteReader reader(bytes.subspan(2));
  const auto columns = take_number(reader);
  const auto rows = columns ? take_number(reader) : std::nullopt;
  const auto white = rows ? take_number(reader) : std::nullopt;
  if (!white || *columns == 0 || *rows == 0 || *columns > kMaxPictureSide ||
      *rows > kMaxPictureSide || *white != 255) {
    return fail(ErrorCode::kInvalidInput, "its header is broken, or it has not 8 bits a value");
  }
  Picture picture{*rows, *columns, bytes[1] == '5' ? 1U : 3U, {}};
  const auto pixels = reader.take(std::size_t{*rows} * *columns * picture.channels);
  if (!pixels) {
    return fail(ErrorCode::kInvalidInput, "it is cut short");
  }
  picture.pixels.assign(pixels->begin(), pixels->end());
  return with_channels(std::move(picture), channels);
}

} // namespace

bool is_picture(ByteView bytes) {
  return begins_with(bytes, kPngSignature) || begins_with(bytes, kJpegSignature) ||
         is_portable_map(bytes);
}

Expected<Picture> decode_picture(ByteView bytes, std::uint32_t channels) {
  if (begins_with(bytes, kPngSignature)) {
    return decode_png(bytes, channels);
  }
  if (begins_with(bytes, kJpegSignature)) {
    return decode_jpeg(bytes, channels);
  }
  if (is_portable_map(bytes)) {
    return decode_portable_map(bytes, channels);
  }
  return fail(ErrorCode::kInvalidInput, "it is neither PNG, JPEG, PGM nor PPM");
}

Expected<Picture> read_picture(const std::filesystem::path &path, std::uint32_t channels) {
  const auto file = host::read_file(path, kMaxFileBytes);
  if (!file) {
    return Failure{file.error()};
  }
  auto picture = decode_picture(*file, channels);
  if (!picture) {
    return fail(picture.error().code,
                "cannot read the picture '" + path.string() + "': " + picture.error().message);
  }
  return picture;
}

} // namespace tinyml::datasets
