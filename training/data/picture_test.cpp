// SPDX-License-Identifier: Apache-2.0
#include "training/data/picture.hpp"

#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <jpeglib.h>
#include <png.h>

namespace tinyml::datasets {
namespace {

std::vector<std::uint8_t> png_of(const Picture &picture) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = picture.columns;
  png.height = picture.rows;
  png.format = picture.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&png, nullptr, &size, 0, picture.pixels.data(), 0, nullptr);
  std::vector<std::uint8_t> bytes(size);
  png_image_write_to_memory(&png, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr);
  bytes.resize(size);
  return bytes;
}

std::vector<std::uint8_t> jpeg_of(const Picture &picture) {
  jpeg_compress_struct codec{};
  jpeg_error_mgr errors{};
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char *buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&codec, &buffer, &size);
  codec.image_width = picture.columns;
  codec.image_height = picture.rows;
  codec.input_components = static_cast<int>(picture.channels);
  codec.in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, 95, TRUE);
  jpeg_start_compress(&codec, TRUE);
  std::vector<std::uint8_t> pixels = picture.pixels;
  while (codec.next_scanline < codec.image_height) {
    JSAMPROW row =
        pixels.data() + std::size_t{codec.next_scanline} * picture.columns * picture.channels;
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  std::vector<std::uint8_t> bytes(buffer, buffer + size);
  jpeg_destroy_compress(&codec);
  std::free(buffer);
  return bytes;
}

Picture slope() {
  Picture picture{16, 16, 1, {}};
  for (int i = 0; i < 256; ++i) {
    picture.pixels.push_back(static_cast<std::uint8_t>(i / 16 * 10 + i % 16 * 5));
  }
  return picture;
}

TEST(Picture, ReadsPng) {
  const auto grey = decode_picture(png_of(slope()), 1);
  ASSERT_TRUE(grey) << grey.error().message;
  EXPECT_EQ(grey->pixels, slope().pixels);
  const auto colours = decode_picture(png_of(slope()), 3);
  ASSERT_TRUE(colours);
  EXPECT_EQ(colours->pixels.size(), 3U * 256U);
}

TEST(Picture, ReadsJpegNearly) {
  const auto grey = decode_picture(jpeg_of(slope()), 1);
  ASSERT_TRUE(grey) << grey.error().message;
  ASSERT_EQ(grey->rows, 16U);
  for (std::size_t i = 0; i < 256; ++i) {
    EXPECT_NEAR(grey->pixels[i], slope().pixels[i], 6) << i;
  }
}

TEST(Picture, ReadsPortableMapsWithComments) {
  const auto grey = decode_picture(as_bytes("P5\n# drawn by hand\n2 1\n255\nAz"), 1);
  ASSERT_TRUE(grey) << grey.error().message;
  EXPECT_EQ(grey->pixels, (std::vector<std::uint8_t>{'A', 'z'}));
  const auto from_colours = decode_picture(as_bytes("P6 1 1 255 AAA"), 1);
  ASSERT_TRUE(from_colours);
  EXPECT_EQ(from_colours->pixels[0], 'A');
}

TEST(Picture, RefusesDamage) {
  for (auto bytes : {png_of(slope()), jpeg_of(slope())}) {
    bytes.resize(bytes.size() / 2);
    EXPECT_EQ(decode_picture(bytes, 1).error().code, ErrorCode::kInvalidInput);
  }
  for (const char *text : {"P5 2 2 255 abc", "P5 0 2 255 ", "P5 99999999 2 255 x", "P5 2 2 65535 ",
                           "P5 x", "GIF89a", ""}) {
    EXPECT_FALSE(decode_picture(as_bytes(text), 1).ok()) << text;
  }
}

TEST(Picture, ShrinksByTheMeanAndKeepsChannelsApart) {
  const Picture picture{2, 2, 3, {10, 0, 200, 20, 0, 200, 30, 0, 200, 40, 0, 200}};
  EXPECT_EQ(resized(picture, 1, 1).pixels, (std::vector<std::uint8_t>{25, 0, 200}));
  EXPECT_EQ(resized(picture, 2, 2).pixels, picture.pixels);
  EXPECT_EQ(resized(picture, 5, 3).pixels.size(), 45U);
}

} // namespace
} // namespace tinyml::datasets
