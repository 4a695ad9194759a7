// SPDX-License-Identifier: Apache-2.0
#include "training/partition/shard_file.hpp"

#include "base/crc32.hpp"
#include "protocol/training/shard.hpp"

#include <cstring>
#include <gtest/gtest.h>

namespace tinyml::training {
namespace {

ShardHeader header_of(const std::vector<std::uint8_t> &file) {
  return *decode_shard(std::span(file).first<kShardHeaderBytes>());
}

TEST(ShardFile, HoldsTrainingSamplesAndThenHeldOutOnes) {
  const datasets::DataSet set{.name = "tiny",
                              .shape = {1, 3, 1},
                              .classes = {"a", "b"},
                              .train = {{1, 2, 3, 4, 5, 6}, {0, 1}},
                              .test = {{7, 8, 9}, {1}}};
  const auto file = shard_file(set, {.train = {1, 0}, .test = {0}}, 5);
  ASSERT_TRUE(file) << file.error().message;
  const std::vector<std::uint8_t> records{4, 5, 6, 1, 1, 2, 3, 0, 7, 8, 9, 1};
  EXPECT_EQ(std::vector(file->begin() + kShardHeaderBytes, file->end()), records);
  const ShardHeader header = header_of(*file);
  EXPECT_EQ(header.training_samples, 2U);
  EXPECT_EQ(header.test_samples, 1U);
  EXPECT_EQ(header.label_count, 2U);
  EXPECT_EQ(header.seed, 5U);
  EXPECT_FLOAT_EQ(header.scale, 1.0F / 255);
  EXPECT_EQ(header.records_crc, crc32(records));
  const auto for_more = shard_file(set, {.train = {1, 0}, .test = {0}}, 5, 10);
  ASSERT_TRUE(for_more) << for_more.error().message;
  EXPECT_EQ(header_of(*for_more).label_count, 10U) << "a model that tells ten classes apart";
}

TEST(ShardFile, FloatsAreStoredAsTheModelSeesThem) {
  datasets::DataSet set{.name = "series",
                        .shape = {2, 1, 1},
                        .type = datasets::ValueType::kF32,
                        .scale = 2,
                        .offset = 1,
                        .classes = {"a", "b"}};
  const float values[] = {0.5F, -3};
  set.train.bytes.resize(sizeof(values));
  std::memcpy(set.train.bytes.data(), values, sizeof(values));
  set.train.labels = {1};
  const auto file = shard_file(set, {.train = {0}}, 1);
  ASSERT_TRUE(file) << file.error().message;
  float stored[2] = {};
  std::memcpy(stored, file->data() + kShardHeaderBytes, sizeof(stored));
  EXPECT_EQ(stored[0], 2.0F);
  EXPECT_EQ(stored[1], -5.0F);
  EXPECT_EQ(header_of(*file).record_bytes(), 12U);
}

TEST(ShardFile, RefusesWhatTheFormatCannotSay) {
  datasets::DataSet set{.name = "wide", .shape = {4096, 4096, 1}, .classes = {"a"}};
  EXPECT_EQ(shard_file(set, {}, 1).error().code, ErrorCode::kDoesNotFit);
  set.shape = {1, 1, 1};
  set.classes.resize(257);
  EXPECT_EQ(shard_file(set, {}, 1).error().code, ErrorCode::kDoesNotFit);
}

} // namespace
} // namespace tinyml::training
