// SPDX-License-Identifier: Apache-2.0
#include "base/crc32.hpp"
#include "protocol/training/messages.hpp"
#include "protocol/training/shard.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace tinyml::training {
namespace {

RunSettings good_settings() {
  RunSettings settings;
  settings.run_id = 7;
  settings.model = {1, 2, 3, 4, 5, 6, 7, 8};
  settings.parameter_count = 61'706;
  settings.learned_count = 61'706;
  settings.update_coding = 2;
  settings.delta_coding = 2;
  settings.rounds = 20;
  settings.workers = 3;
  settings.rate = 0.05F;
  settings.upstream = {{10, 77, 0, 2}, 5683};
  settings.seed = 0xA1B2C3D4;
  return settings;
}

template <typename Message> Message example();
template <> RunSettings example() { return good_settings(); }
template <> JoinOrder example() {
  return {.run_id = 7, .server = {{10, 77, 0, 2}, 5683}, .index = 2};
}
template <> JoinRequest example() {
  return {.run_id = 7, .index = 2, .parameter_count = 61'706, .learned_count = 9, .samples = 3};
}
template <> JoinAnswer example() { return {.worker = 5, .settings = good_settings()}; }
template <> Task example() {
  return {.action = Action::kTrain, .version = 9, .rate = 0.1F, .local_epochs = 1};
}
template <> UpdateHeader example() {
  return {.run_id = 7, .worker = 1, .samples = 600, .accuracy_before = -1, .cycles = 1ULL << 40};
}
template <> DeltaHeader example() { return {.run_id = 7, .version = 3, .updates = 3}; }
template <> RunStatus example() {
  RunStatus status;
  status.refused[4] = 3;
  status.store_errors = 2;
  return status;
}
template <> WorkerRecord example() { return {.worker = 2, .norm = 0.5F, .silent_ms = 12}; }
template <> WorkerStatus example() { return {.phase = WorkerPhase::kTraining, .bytes_down = 9}; }
template <> FitOrder example() { return {.epochs = 5, .rate = 0.05F, .seed = 3}; }
template <> FitStatus example() {
  return {.state = FitState::kDone, .adapted = 1, .accuracy_after = 0.5F, .cycles = 1ULL << 40};
}

template <typename Message> constexpr std::size_t bytes_of() {
  if constexpr (std::is_same_v<Message, RunSettings>) {
    return kRunSettingsBytes;
  } else {
    return Message::kBytes;
  }
}

template <typename Message> class MessagesTest : public testing::Test {
protected:
  static std::vector<std::uint8_t> encoded(const Message &message) {
    std::vector<std::uint8_t> bytes(bytes_of<Message>() + 8, 0xEE);
    bytes.resize(encode(message, bytes));
    return bytes;
  }
};
using AllMessages =
    testing::Types<RunSettings, JoinOrder, JoinRequest, JoinAnswer, Task, UpdateHeader, DeltaHeader,
                   RunStatus, WorkerRecord, WorkerStatus, FitOrder, FitStatus>;
TYPED_TEST_SUITE(MessagesTest, AllMessages);

TYPED_TEST(MessagesTest, ComeBackAsTheyWere) {
  const auto bytes = this->encoded(example<TypeParam>());
  ASSERT_EQ(bytes.size(), bytes_of<TypeParam>());
  const auto decoded = decode<TypeParam>(bytes);
  ASSERT_TRUE(decoded.ok()) << describe(decoded.error());
  EXPECT_EQ(*decoded, example<TypeParam>());
}

TYPED_TEST(MessagesTest, AreRefusedCutLongerOrOfAnotherKind) {
  auto bytes = this->encoded(example<TypeParam>());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode<TypeParam>(ByteView(bytes).first(size)).ok()) << size;
  }
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(decode<TypeParam>(longer).error(), MessageError::kLength);
  bytes[1] ^= 0x40;
  EXPECT_EQ(decode<TypeParam>(bytes).error(), MessageError::kKind);
  bytes[0] = kMessageVersion + 1;
  EXPECT_EQ(decode<TypeParam>(bytes).error(), MessageError::kVersion);
}

/// Whatever is accepted is written again as it was: no two forms of one message.
TYPED_TEST(MessagesTest, HaveOneFormOnly) {
  const auto bytes = this->encoded(example<TypeParam>());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      auto changed = bytes;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ flip);
      if (const auto decoded = decode<TypeParam>(changed); decoded.ok()) {
        EXPECT_EQ(this->encoded(*decoded), changed) << at;
      }
    }
  }
}

TEST(Messages, LieOnTheWireAsTheSpecificationSays) {
  std::uint8_t bytes[JoinOrder::kBytes];
  encode(JoinOrder{.run_id = 0x01020304, .server = {{10, 77, 0, 2}, 5683}, .index = 0x0506}, bytes);
  const std::vector<std::uint8_t> expected = {1,  2,  6, 5, 4,    3,    2, 1,
                                              10, 77, 0, 2, 0x33, 0x16, 0, 0};
  EXPECT_EQ(std::vector<std::uint8_t>(bytes, bytes + sizeof(bytes)), expected);
}

TEST(Messages, SettingsOfScoresLieWhereTheSpecificationSays) {
  RunSettings settings = good_settings();
  settings.label_calibration = 0.5F;
  settings.score_balance = 4;
  std::uint8_t bytes[kRunSettingsBytes];
  encode(settings, bytes);
  EXPECT_EQ(std::bit_cast<float>(load_le<std::uint32_t>(bytes + 112)), 0.5F);
  EXPECT_EQ(std::bit_cast<float>(load_le<std::uint32_t>(bytes + 116)), 4.0F);
}

TEST(Messages, NumbersThatAreNoneAreRefused) {
  UpdateHeader header = example<UpdateHeader>();
  std::uint8_t bytes[UpdateHeader::kBytes];
  header.mean_loss = std::numeric_limits<float>::quiet_NaN();
  encode(header, bytes);
  EXPECT_EQ(decode<UpdateHeader>(bytes).error(), MessageError::kValue);
  header.mean_loss = std::numeric_limits<float>::infinity();
  encode(header, bytes);
  EXPECT_EQ(decode<UpdateHeader>(bytes).error(), MessageError::kValue);
}

struct BadSetting {
  void (*spoil)(RunSettings &);
  SettingsFault fault;
};
const BadSetting kBadSettings[] = {
    {[](RunSettings &s) { s.run_id = 0; }, SettingsFault::kRunId},
    {[](RunSettings &s) { s.learned_count = s.parameter_count + 1; }, SettingsFault::kParameters},
    {[](RunSettings &s) { s.parameter_count = kMaxParameters + 1; }, SettingsFault::kParameters},
    {[](RunSettings &s) { s.strategy = static_cast<Strategy>(5); }, SettingsFault::kEnumeration},
    {[](RunSettings &s) { s.delta_coding = 5; }, SettingsFault::kCoding},
    {[](RunSettings &s) { s.rounds = 0; }, SettingsFault::kCounts},
    {[](RunSettings &s) { s.workers = kMaxWorkers + 1; }, SettingsFault::kCounts},
    {[](RunSettings &s) { s.min_updates = 4; }, SettingsFault::kCounts},
    {[](RunSettings &s) { s.local_steps = 4; }, SettingsFault::kLocalWork},
    {[](RunSettings &s) { s.rate = 0; }, SettingsFault::kRate},
    {[](RunSettings &s) { s.rate = NAN; }, SettingsFault::kRate},
    {[](RunSettings &s) { s.schedule = RateSchedule::kLinear; }, SettingsFault::kRate},
    {[](RunSettings &s) { s.momentum = 1; }, SettingsFault::kStrategyNumbers},
    {[](RunSettings &s) { s.strategy = Strategy::kFedProx; }, SettingsFault::kStrategyNumbers},
    {[](RunSettings &s) { s.strategy = Strategy::kFedAdam; }, SettingsFault::kStrategyNumbers},
    {[](RunSettings &s) { s.clip_norm = -1; }, SettingsFault::kNorms},
    {[](RunSettings &s) { s.poll_ms = 0; }, SettingsFault::kTimes},
    {[](RunSettings &s) { s.barrier = Barrier::kProbabilistic; }, SettingsFault::kBarrier},
    {[](RunSettings &s) { s.barrier = Barrier::kNone; }, SettingsFault::kCombination},
    {[](RunSettings &s) { s.upstream_index = kMaxWorkers; }, SettingsFault::kUpstream},
    {[](RunSettings &s) { s.label_calibration = -1; }, SettingsFault::kStrategyNumbers},
    {[](RunSettings &s) { s.score_balance = -1; }, SettingsFault::kStrategyNumbers},
    {[](RunSettings &s) { s.score_balance = 65; }, SettingsFault::kStrategyNumbers},
    {[](RunSettings &s) {
       s.strategy = Strategy::kFedAdam;
       s.adaptivity = 0.001F;
       s.score_balance = 4;
     },
     SettingsFault::kCombination},
};

TEST(Settings, EachFaultIsFoundAndDescribed) {
  EXPECT_EQ(check(good_settings()), SettingsFault::kNone);
  for (const BadSetting &bad : kBadSettings) {
    RunSettings settings = good_settings();
    bad.spoil(settings);
    EXPECT_EQ(check(settings), bad.fault) << describe(bad.fault);
    std::uint8_t bytes[kRunSettingsBytes];
    encode(settings, bytes);
    EXPECT_FALSE(decode<RunSettings>(bytes).ok()) << describe(bad.fault);
  }
}

TEST(Settings, RatesFollowTheirSchedule) {
  RunSettings settings = good_settings();
  settings.rounds = 5;
  settings.rate = 1;
  settings.rate_end = 0.5F;
  const auto rates = [&](RateSchedule schedule) {
    settings.schedule = schedule;
    std::vector<float> of_rounds;
    for (std::uint32_t round = 0; round < 5; ++round) {
      of_rounds.push_back(rate_in_round(settings, round));
    }
    return of_rounds;
  };
  EXPECT_EQ(rates(RateSchedule::kConstant), (std::vector<float>{1, 1, 1, 1, 1}));
  EXPECT_EQ(rates(RateSchedule::kLinear), (std::vector<float>{1, 0.875F, 0.75F, 0.625F, 0.5F}));
  EXPECT_EQ(rates(RateSchedule::kSmooth),
            (std::vector<float>{1, 0.921875F, 0.75F, 0.578125F, 0.5F}));
  EXPECT_EQ(rates(RateSchedule::kGeometric), (std::vector<float>{1, 0.5F, 0.25F, 0.125F, 0.0625F}));
}

TEST(Shard, HeaderComesBackAsItWas) {
  const ShardHeader header{.label_count = 10,
                           .training_samples = 600,
                           .test_samples = 60,
                           .sample_values = 784,
                           .scale = 1 / 255.0F,
                           .records_crc = 5};
  EXPECT_EQ(header.record_bytes(), 788U);
  EXPECT_EQ(header.total_bytes(), 64U + 660U * 788U);
  std::uint8_t bytes[kShardHeaderBytes];
  encode(header, bytes);
  const auto decoded = decode_shard(bytes);
  ASSERT_TRUE(decoded.ok()) << describe(decoded.error());
  EXPECT_EQ(*decoded, header);
}

TEST(Shard, DamageIsFound) {
  std::uint8_t bytes[kShardHeaderBytes];
  encode(ShardHeader{.label_count = 10, .training_samples = 1, .sample_values = 4}, bytes);
  for (std::uint8_t &byte : bytes) {
    byte ^= 1;
    EXPECT_FALSE(decode_shard(bytes).ok());
    byte ^= 1;
  }
  encode(ShardHeader{.label_count = 300, .training_samples = 1, .sample_values = 4}, bytes);
  EXPECT_EQ(decode_shard(bytes).error(), ShardError::kValue);
  std::fill(std::begin(bytes), std::end(bytes), std::uint8_t{0xFF});
  EXPECT_EQ(decode_shard(bytes).error(), ShardError::kMissing);
}

} // namespace
} // namespace tinyml::training
