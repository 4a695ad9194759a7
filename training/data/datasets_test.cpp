// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"
#include "training/data/calibration.hpp"
#include "training/data/idx.hpp"
#include "training/data/image_set.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <numeric>

namespace tinyml::datasets {
namespace {

std::vector<std::uint8_t> idx_images(std::uint32_t count, std::uint32_t rows, std::uint32_t columns,
                                     std::size_t pixels) {
  std::vector<std::uint8_t> file(16 + pixels, 7);
  store_be<std::uint32_t>(file.data(), 0x803);
  store_be<std::uint32_t>(file.data() + 4, count);
  store_be<std::uint32_t>(file.data() + 8, rows);
  store_be<std::uint32_t>(file.data() + 12, columns);
  return file;
}

std::vector<std::uint8_t> idx_labels(std::uint32_t count, std::size_t bytes) {
  std::vector<std::uint8_t> file(8 + bytes, 3);
  store_be<std::uint32_t>(file.data(), 0x801);
  store_be<std::uint32_t>(file.data() + 4, count);
  return file;
}

TEST(Idx, JoinsImagesAndLabels) {
  const auto set = parse_idx(idx_images(2, 3, 4, 24), idx_labels(2, 2));
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->size(), 2U);
  EXPECT_EQ(set->image(1).size(), 12U);
  EXPECT_EQ(set->first(1).pixels.size(), 12U);
}

TEST(Idx, RefusesFilesThatDoNotBelongTogether) {
  EXPECT_FALSE(parse_idx(idx_images(2, 3, 4, 23), idx_labels(2, 2)).ok());
  EXPECT_FALSE(parse_idx(idx_images(2, 3, 4, 24), idx_labels(3, 3)).ok());
  EXPECT_FALSE(parse_idx(idx_images(2, 0, 4, 0), idx_labels(2, 2)).ok());
  EXPECT_FALSE(parse_idx(idx_images(0xFFFFFFFF, 4096, 4096, 24), idx_labels(0xFFFFFFFF, 2)).ok());
  EXPECT_FALSE(parse_idx({}, {}).ok());
}

TEST(Gunzip, RefusesDamage) {
  const std::uint8_t junk[] = {0x1F, 0x8B, 8, 0, 1, 2, 3};
  EXPECT_FALSE(gunzip(junk, 100).ok());
}

TEST(Load, SaysWhatToDoWhenThereIsNoCopy) {
  const auto folder = host::TemporaryFolder::create("nodata");
  ASSERT_TRUE(folder.ok());
  const LoadOptions options{
      .data_folder = folder->path(), .cache_folder = folder->path() / "cache", .download = false};
  EXPECT_NE(load("mnist", Split::kTest, options).error().message.find("TINYML_DATA_DIR"),
            std::string::npos);
  EXPECT_EQ(load("letters", Split::kTest, options).error().code, ErrorCode::kNotFound);
}

TEST(Load, RefusesAFileThatIsNotThePublishedOne) {
  const auto folder = host::TemporaryFolder::create("fake");
  ASSERT_TRUE(folder.ok());
  std::filesystem::create_directories(folder->path() / "mnist");
  ASSERT_TRUE(host::write_text(folder->path() / "mnist" / "t10k-images-idx3-ubyte.gz", "no").ok());
  const LoadOptions options{
      .data_folder = folder->path(), .cache_folder = folder->path() / "cache", .download = false};
  EXPECT_NE(load("mnist", Split::kTest, options).error().message.find("checksum"),
            std::string::npos);
}

TEST(Load, ReadsTheTestSetFromTheDataFolder) {
  if (std::getenv("TINYML_DATA_DIR") == nullptr) {
    GTEST_SKIP() << "TINYML_DATA_DIR is not set";
  }
  const auto set = load("mnist", Split::kTest, {.download = false});
  ASSERT_TRUE(set.ok()) << set.error().message;
  EXPECT_EQ(set->size(), 10'000U);
  EXPECT_EQ(set->labels[0], 7);
}

TEST(DrawDigits, DrawsTheSameSetForTheSameSeed) {
  const ImageSet one = draw_digits(50, 1);
  EXPECT_EQ(one.pixels, draw_digits(50, 1).pixels);
  EXPECT_NE(one.pixels, draw_digits(50, 2).pixels);
  for (std::size_t i = 0; i < one.size(); ++i) {
    const auto image = one.image(i);
    const int ink = std::accumulate(image.begin(), image.end(), 0) / 255;
    EXPECT_GT(ink, 20) << "image " << i;
    EXPECT_LT(ink, 300) << "image " << i;
    EXPECT_EQ(one.labels[i], i % 10);
  }
}

TEST(Calibration, FallsBackToDrawnDigitsForMnistOnly) {
  const auto folder = host::TemporaryFolder::create("nodata");
  ASSERT_TRUE(folder.ok());
  const LoadOptions options{
      .data_folder = folder->path(), .cache_folder = folder->path() / "cache", .download = false};
  const auto samples = calibration_samples("mnist", 30, options);
  ASSERT_TRUE(samples.ok());
  EXPECT_TRUE(samples->drawn);
  EXPECT_EQ(samples->values.size(), 30U * 784U);
  EXPECT_FALSE(calibration_samples("fashion-mnist", 30, options).ok());
}

} // namespace
} // namespace tinyml::datasets
