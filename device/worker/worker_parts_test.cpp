// SPDX-License-Identifier: Apache-2.0
#include "device/worker/batch_loader.hpp"
#include "device/worker/sample_order.hpp"
#include "device/worker/score_balance.hpp"
#include "device/worker/shard_store.hpp"
#include "device/worker/softmax_step.hpp"
#include "device/worker/trailing_crc.hpp"
#include "device/worker/worker_store.hpp"
#include "os/store/flash_simulator.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <set>

namespace tinyml::device {
namespace {

using store::FlashSimulator;

constexpr hal::StoreInfo kSmallSectors{1U << 20, 4096, 16};

std::vector<std::uint8_t> shard_of(std::uint32_t train, std::uint32_t test, std::uint32_t values) {
  training::ShardHeader header;
  header.label_count = 10;
  header.training_samples = train;
  header.test_samples = test;
  header.sample_values = values;
  header.scale = 0.5F;
  header.offset = -1;
  std::vector<std::uint8_t> bytes(header.total_bytes());
  for (std::uint32_t n = 0; n < train + test; ++n) {
    std::uint8_t *record = bytes.data() + training::kShardHeaderBytes + n * header.record_bytes();
    for (std::uint32_t i = 0; i < values; ++i) {
      record[i] = static_cast<std::uint8_t>(n * 3 + i);
    }
    record[values] = static_cast<std::uint8_t>(n % 10);
  }
  header.records_crc = crc32(ByteView(bytes).subspan(training::kShardHeaderBytes));
  training::encode(header, std::span<std::uint8_t, training::kShardHeaderBytes>(
                               bytes.data(), training::kShardHeaderBytes));
  return bytes;
}

TEST(Permutation, TakesEachIndexOnce) {
  for (const std::uint32_t count : {1U, 2U, 3U, 5U, 64U, 1000U, 2500U}) {
    std::set<std::uint32_t> seen;
    const Permutation permutation(count, 7);
    for (std::uint32_t i = 0; i < count; ++i) {
      seen.insert(permutation(i));
    }
    EXPECT_EQ(seen.size(), count);
    EXPECT_EQ(*seen.rbegin(), count - 1);
  }
}

TEST(SampleOrder, SeesEachSampleOnceAnEpochInAnotherOrderEachTime) {
  SampleOrder order(1003, 8, 42);
  std::vector<std::uint32_t> first_epoch;
  std::vector<std::uint32_t> second_epoch;
  for (std::vector<std::uint32_t> *epoch : {&first_epoch, &second_epoch}) {
    for (auto run = order.take(5); run.count != 0; run = order.take(5)) {
      for (std::uint32_t i = 0; i < run.count; ++i) {
        epoch->push_back(run.first + i);
      }
    }
  }
  EXPECT_NE(first_epoch, second_epoch);
  std::vector<std::uint32_t> all(1003);
  std::iota(all.begin(), all.end(), 0);
  for (std::vector<std::uint32_t> *epoch : {&first_epoch, &second_epoch}) {
    EXPECT_NE(*epoch, all);
    std::sort(epoch->begin(), epoch->end());
    EXPECT_EQ(*epoch, all);
  }
}

TEST(LabelPrior, LogarithmIsCloseEnough) {
  for (float value = 0.01F; value < 1.02F; value += 0.001F) {
    EXPECT_NEAR(natural_log(value), std::log(value), 3e-5F) << value;
  }
}

TEST(LabelPrior, MeetsTheClassesBiasesWhateverTheBlocksAre) {
  LabelPrior prior;
  prior.set(std::array<std::uint32_t, 3>{30, 0, 10}, 0.5F);
  std::vector<float> flat(10, 1.0F); // 8 learned, the last three of them biases; two statistics
  prior.add(std::span(flat).first(6), 0, 8, 1);
  prior.add(std::span(flat).subspan(6), 6, 8, 1);
  EXPECT_FLOAT_EQ(flat[4], 1);
  EXPECT_NEAR(flat[5], 1 + 0.5F * std::log(0.76F), 1e-4F);
  EXPECT_NEAR(flat[6], 1 + 0.5F * std::log(0.01F), 1e-4F);
  EXPECT_NEAR(flat[7], 1 + 0.5F * std::log(0.26F), 1e-4F);
  EXPECT_FLOAT_EQ(flat[8], 1);
  prior.add(flat, 0, 8, -1);
  for (const float value : flat) {
    EXPECT_FLOAT_EQ(value, 1);
  }
}

TEST(LabelPrior, AddsNothingWithoutStrengthOrCounts) {
  LabelPrior prior;
  std::vector<float> flat(4, 1.0F);
  prior.set(std::array<std::uint32_t, 2>{3, 4}, 0);
  prior.add(flat, 0, 4, 1);
  prior.set(std::array<std::uint32_t, 2>{0, 0}, 1);
  prior.add(flat, 0, 4, 1);
  EXPECT_EQ(flat, std::vector<float>(4, 1.0F));
}

TEST(ScoreBalance, ExponentialIsCloseEnough) {
  for (float value = 0; value > -79; value -= 0.0137F) {
    const float expected = std::exp(value);
    EXPECT_NEAR(exponential(value), expected, 2e-6F * expected) << value;
  }
  EXPECT_EQ(exponential(0), 1);
  EXPECT_EQ(exponential(-1000), 0);
}

TEST(ScoreBalance, IsTheGradientByTheBiases) {
  ScoreBalance balance;
  balance.begin(3);
  const float model[2][3] = {{1, 0, -1}, {0, 2, 0.5F}};
  const std::uint32_t labels[2] = {0, 2};
  float expected[3] = {};
  for (unsigned n = 0; n < 2; ++n) {
    float scores[6]; // with a stride of two
    double sum = 0;
    for (unsigned k = 0; k < 3; ++k) {
      scores[2 * k] = model[n][k];
      sum += std::exp(model[n][k]);
    }
    for (unsigned k = 0; k < 3; ++k) {
      expected[k] += static_cast<float>(std::exp(model[n][k]) / sum - (k == labels[n] ? 1 : 0)) / 2;
    }
    balance.add(scores, 2, labels[n]);
  }
  for (unsigned k = 0; k < 3; ++k) {
    EXPECT_NEAR(balance.excess(k), expected[k], 1e-5F);
  }
}

TEST(ScoreBalance, TakesThePlaceOfTheBiasesWhateverTheBlocksAre) {
  ScoreBalance balance;
  balance.begin(3);
  const float even[3] = {};
  balance.add(even, 1, 1);
  std::vector<float> flat(10, 1.0F); // 8 learned, the last three of them biases; two statistics
  balance.replace(std::span(flat).first(6), 0, 8, 3);
  balance.replace(std::span(flat).subspan(6), 6, 8, 3);
  const std::vector<float> expected = {1, 1, 1, 1, 1, -1, 2, -1, 1, 1};
  for (std::size_t i = 0; i < flat.size(); ++i) {
    EXPECT_NEAR(flat[i], expected[i], 1e-5F) << i;
  }
}

TEST(ScoreBalance, ReplacesNothingWithoutStrengthSamplesOrRoom) {
  ScoreBalance balance;
  std::vector<float> flat(4, 1.0F);
  balance.begin(3);
  balance.replace(flat, 0, 4, 3); // no samples
  const float even[3] = {};
  balance.add(even, 1, 1);
  balance.replace(flat, 0, 4, 0); // switched off
  balance.begin(LabelPrior::kMostClasses + 1);
  balance.add(even, 1, 1);
  balance.replace(flat, 0, 4, 3); // too many classes
  EXPECT_EQ(flat, std::vector<float>(4, 1.0F));
}

TEST(TrailingCrc, SeesTheEndHoweverTheBodyIsCut) {
  std::vector<std::uint8_t> body(1000);
  std::iota(body.begin(), body.end(), std::uint8_t{0});
  store_le(body.data() + 996, crc32(ByteView(body).first(996)));
  for (const std::size_t piece : {1U, 3U, 5U, 16U, 999U, 1000U}) {
    TrailingCrc crc;
    for (std::size_t at = 0; at < body.size(); at += piece) {
      EXPECT_FALSE(crc.good());
      crc.take(ByteView(body).subspan(at, std::min(piece, body.size() - at)));
    }
    EXPECT_TRUE(crc.good()) << piece;
  }
}

class ShardStoreTest : public testing::Test {
protected:
  store::Power power;
  FlashSimulator flash{kSmallSectors, power};
  RegionWriter<FlashSimulator> writer{flash};
  const store::Region region{8192, 64 * 4096};
  using Store = ShardStore<FlashSimulator>;

  static Store::Put put_all(Store &shard, ByteView bytes, std::size_t piece) {
    Store::Put status = Store::Put::kMore;
    for (std::size_t at = 0; at < bytes.size() && status == Store::Put::kMore; at += piece) {
      const std::size_t size = std::min(piece, bytes.size() - at);
      status = shard.put(bytes.subspan(at, size), at == 0, at + size == bytes.size());
    }
    return status;
  }
};

TEST_F(ShardStoreTest, KeepsWhatComesPieceByPiece) {
  const auto bytes = shard_of(300, 20, 49);
  for (const std::size_t piece : {64U, 256U, 1024U}) {
    Store shard(flash, region, writer);
    ASSERT_EQ(put_all(shard, bytes, piece), Store::Put::kDone);
    const Store again(flash, region, writer);
    ASSERT_TRUE(again.header());
    EXPECT_EQ(again.header()->training_samples, 300U);
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), flash.bytes().begin() + region.offset));
  }
  EXPECT_EQ(flash.violations(), 0U);
}

TEST_F(ShardStoreTest, KeepsNothingOfABodyThatIsDamagedCutOffOrTooLarge) {
  const auto good = shard_of(300, 20, 49);
  Store shard(flash, region, writer);
  ASSERT_EQ(put_all(shard, good, 1024), Store::Put::kDone);
  auto damaged = good;
  damaged[5000] ^= 1;
  EXPECT_EQ(put_all(shard, damaged, 1024), Store::Put::kNotAShard);
  EXPECT_FALSE(Store(flash, region, writer).header());
  EXPECT_EQ(put_all(shard, ByteView(good).first(good.size() - 5), 1024), Store::Put::kNotAShard);
  auto longer = good;
  longer.push_back(0);
  EXPECT_EQ(put_all(shard, longer, 1024), Store::Put::kNotAShard);
  EXPECT_FALSE(shard.header());
  EXPECT_EQ(put_all(shard, shard_of(6000, 0, 49), 1024), Store::Put::kTooLarge);
  EXPECT_EQ(put_all(shard, std::vector<std::uint8_t>(200, 7), 1024), Store::Put::kNotAShard);
}

TEST_F(ShardStoreTest, SamplesComeTransposedIntoTheBatch) {
  Store shard(flash, region, writer);
  ASSERT_EQ(put_all(shard, shard_of(300, 20, 49), 1024), Store::Put::kDone);
  SoftmaxStep step(49, 10, 8);
  BatchLoader<FlashSimulator, SoftmaxStep> loader(shard, step);
  ASSERT_TRUE(loader.fits());
  ASSERT_TRUE(loader.load(17, 5, 0));
  ASSERT_TRUE(loader.load(299, 1, 5));
  loader.clear(6);
  const auto *x = reinterpret_cast<const float *>(step_input(step, kSampleInput));
  for (std::uint32_t n = 0; n < 6; ++n) {
    const std::uint32_t sample = n < 5 ? 17 + n : 299;
    EXPECT_EQ(loader.class_of(n), static_cast<int>(sample % 10));
    for (std::uint32_t i = 0; i < 49; ++i) {
      const auto byte = static_cast<std::uint8_t>(sample * 3 + i);
      EXPECT_EQ(x[i * 8 + n], 0.5F * static_cast<float>(byte) - 1);
    }
  }
  EXPECT_EQ(loader.class_of(6), -1);
  EXPECT_EQ(x[48 * 8 + 7], 0);
  SoftmaxStep other(50, 10, 8);
  EXPECT_FALSE((BatchLoader<FlashSimulator, SoftmaxStep>(shard, other).fits()));
}

TEST_F(ShardStoreTest, ABatchOfManyRunsIsTheSameAsTheRunsOneByOne) {
  Store shard(flash, region, writer);
  ASSERT_EQ(put_all(shard, shard_of(300, 20, 49), 1024), Store::Put::kDone);
  SoftmaxStep step(49, 10, 32);
  SoftmaxStep single(49, 10, 32);
  BatchLoader<FlashSimulator, SoftmaxStep> loader(shard, step);
  BatchLoader<FlashSimulator, SoftmaxStep> plain(shard, single);
  const std::uint32_t runs[][2] = {{9, 1},   {40, 7}, {0, 1},   {299, 1}, {100, 3}, {7, 2},
                                   {200, 5}, {50, 1}, {120, 6}, {3, 1},   {77, 4}};
  loader.begin(0);
  std::uint32_t slot = 0;
  for (const auto &[first, count] : runs) {
    ASSERT_TRUE(loader.add(first, count));
    ASSERT_TRUE(plain.load(first, count, slot));
    slot += count;
  }
  ASSERT_TRUE(loader.finish());
  ASSERT_EQ(slot, 32U);
  EXPECT_EQ(std::memcmp(step_input(step, kSampleInput), step_input(single, kSampleInput),
                        49 * 32 * sizeof(float)),
            0);
  for (std::uint32_t n = 0; n < slot; ++n) {
    EXPECT_EQ(loader.class_of(n), plain.class_of(n));
  }
}

TEST(SampleLayout, GivesWhatOneValueAtATimeGives) {
  std::vector<std::uint8_t> bytes(40 * 53);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 37 >> 2);
  }
  for (const std::uint32_t count : {0U, 1U, 3U, 4U, 8U, 13U, 32U}) {
    std::vector<float> x(50 * 40, -7.0F);
    lay_out({bytes.data(), 53, count, 50, 1 / 255.0F, -0.125F}, x.data() + 2, 40);
    for (std::uint32_t i = 0; i < 49; ++i) {
      for (std::uint32_t n = 0; n < 40; ++n) {
        const bool inside = n >= 2 && n - 2 < count;
        const float wanted =
            inside ? static_cast<float>(bytes[(n - 2) * 53 + i]) * (1 / 255.0F) + -0.125F : -7.0F;
        ASSERT_EQ(x[i * 40 + n], wanted) << count << " " << i << " " << n;
      }
    }
  }
}

TEST(Scratch, FindsTheLongestGapBetweenInputs) {
  SoftmaxStep step(49, 10, 8);
  const ByteSpan room = free_of_inputs(step);
  const auto &inputs = step.module().inputs;
  EXPECT_EQ(room.data(), step.arena() + inputs[2].arena_offset + inputs[2].size_bytes);
  EXPECT_EQ(room.data() + room.size(), step.arena() + step.module().arena_bytes);
}

TEST(StoredVector, ChangesAsAWhole) {
  for (const std::uint32_t sector : {4096U, 65536U}) {
    store::Power power;
    FlashSimulator flash({1U << 20, sector, 16}, power);
    StoredVector<FlashSimulator> vector(flash);
    vector.place({0, 65536}, {65536, 65536});
    alignas(64) float block[kVectorBlock];
    for (int round = 0; round < 3; ++round) {
      vector.begin_next();
      for (std::uint32_t first = 0; first < 2500; first += kVectorBlock) {
        const std::uint32_t count = std::min(kVectorBlock, 2500 - first);
        std::fill_n(block, count, -1.0F);
        ASSERT_TRUE(vector.read(first, std::span(block, count)));
        for (std::uint32_t i = 0; i < count; ++i) {
          EXPECT_EQ(block[i], static_cast<float>((first + i) * static_cast<unsigned>(round)));
          block[i] += static_cast<float>(first + i);
        }
        ASSERT_TRUE(vector.append(std::span(block, count)));
      }
      vector.adopt();
    }
    EXPECT_EQ(flash.violations(), 0U);
  }
}

} // namespace
} // namespace tinyml::device
