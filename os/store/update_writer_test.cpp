// SPDX-License-Identifier: Apache-2.0
#include "os/store/update_writer.hpp"

#include "os/store/flash_simulator.hpp"
#include "os/store/trial.hpp"

#include <gtest/gtest.h>

namespace tinyml::store {
namespace {

/// Bytes with a good header; the writer looks no further.
std::vector<std::uint8_t> image_of(std::uint32_t total_bytes) {
  std::vector<std::uint8_t> bytes(total_bytes);
  for (std::uint32_t i = 0; i < total_bytes; ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  }
  image::Header header;
  header.payload_bytes = total_bytes - image::kHeaderBytes - 116;
  header.seal_bytes = 116;
  header.board_id = image::board_id_of("board");
  header.abi_version = 1;
  image::encode_header(
      header, std::span<std::uint8_t, image::kHeaderBytes>(bytes.data(), image::kHeaderBytes));
  return bytes;
}

image::Requirements requirements() {
  return {.board = "board", .oldest_abi = 1, .newest_abi = 1, .max_payload_bytes = 4096};
}

class UpdateWriterTest : public testing::TestWithParam<std::uint32_t> {
protected:
  UpdateWriterTest() { set_state(with_boot({}, Slot::kA)); }

  void set_state(const BootState &state) {
    BootLog log(flash_, layout_);
    BootState old;
    ASSERT_EQ(log.load(old), hal::Status::kOk);
    ASSERT_EQ(log.append(state), hal::Status::kOk);
  }

  [[nodiscard]] ByteView slot_bytes(Slot slot, std::size_t size) {
    return ByteView(flash_.bytes()).subspan(layout_.slot(slot).offset, size);
  }

  hal::StoreInfo info_{16 * 512, 512, GetParam()};
  Power power_;
  FlashSimulator flash_{info_, power_};
  Layout layout_ = layout_of(info_);
  UpdateWriter<FlashSimulator> writer_{flash_, layout_};
};

INSTANTIATE_TEST_SUITE_P(ProgramBytes, UpdateWriterTest, testing::Values(1, 4, 16, 32));

TEST_P(UpdateWriterTest, TakesAnyBlockSizeIntoTheOtherSlot) {
  flash_.protect(layout_.slot(Slot::kA));
  for (const std::uint32_t total : {200u, 1023u, 1024u, 3072u}) {
    const auto image = image_of(total);
    for (const std::size_t block : {1u, 3u, 16u, 63u, 64u, 100u, 512u, 1000u, 4000u}) {
      ASSERT_EQ(writer_.begin(total, requirements()), UpdateError::kNone);
      for (std::size_t at = 0; at < total; at += block) {
        const auto part = ByteView(image).subspan(at, std::min(block, total - at));
        ASSERT_EQ(writer_.write(static_cast<std::uint32_t>(at), part), UpdateError::kNone);
      }
      ASSERT_EQ(writer_.finish(), UpdateError::kNone);
      EXPECT_EQ(writer_.slot(), Slot::kB);
      EXPECT_TRUE(std::ranges::equal(slot_bytes(Slot::kB, total), image)) << total << " " << block;
    }
  }
  EXPECT_EQ(flash_.violations(), 0u);
}

TEST_P(UpdateWriterTest, TheHeaderTellsTheSizeWhenNobodyDid) {
  const auto image = image_of(700);
  ASSERT_EQ(writer_.begin(0, requirements()), UpdateError::kNone);
  ASSERT_EQ(writer_.write(0, ByteView(image).first(100)), UpdateError::kNone);
  EXPECT_EQ(writer_.total_bytes(), 700u);
  EXPECT_EQ(writer_.finish(), UpdateError::kIncomplete);
  EXPECT_TRUE(writer_.busy());
  ASSERT_EQ(writer_.write(100, ByteView(image).subspan(100)), UpdateError::kNone);
  EXPECT_EQ(writer_.finish(), UpdateError::kNone);
  EXPECT_FALSE(writer_.busy());
}

TEST_P(UpdateWriterTest, RepeatedAndOverlappingBlocksDoNoHarmAndGapsAreRefused) {
  const auto image = image_of(700);
  ASSERT_EQ(writer_.begin(700, requirements()), UpdateError::kNone);
  ASSERT_EQ(writer_.write(0, ByteView(image).first(128)), UpdateError::kNone);
  EXPECT_EQ(writer_.write(192, ByteView(image).subspan(192, 64)), UpdateError::kGap);
  EXPECT_EQ(writer_.written_bytes(), 128u);
  EXPECT_EQ(writer_.write(64, ByteView(image).subspan(64, 64)), UpdateError::kNone);
  EXPECT_EQ(writer_.written_bytes(), 128u);
  ASSERT_EQ(writer_.write(100, ByteView(image).subspan(100)), UpdateError::kNone);
  ASSERT_EQ(writer_.finish(), UpdateError::kNone);
  EXPECT_TRUE(std::ranges::equal(slot_bytes(Slot::kB, 700), image));
}

TEST_P(UpdateWriterTest, RefusesAnotherBoardsImageBeforeTouchingTheSlot) {
  auto wanted = requirements();
  wanted.board = "another";
  const auto image = image_of(700);
  const std::uint32_t before = power_.operations();
  ASSERT_EQ(writer_.begin(700, wanted), UpdateError::kNone);
  EXPECT_EQ(writer_.write(0, image), UpdateError::kRefused);
  EXPECT_EQ(writer_.refusal(), image::Error::kWrongBoard);
  EXPECT_EQ(power_.operations(), before);
  EXPECT_EQ(writer_.write(64, image), UpdateError::kNotStarted);
}

TEST_P(UpdateWriterTest, RefusesWhatIsNoImageOrLiesAboutItsSize) {
  const std::vector<std::uint8_t> noise(100, 0x5A);
  ASSERT_EQ(writer_.begin(0, requirements()), UpdateError::kNone);
  EXPECT_EQ(writer_.write(0, noise), UpdateError::kRefused);
  EXPECT_EQ(writer_.refusal(), image::Error::kNotAnImage);
  ASSERT_EQ(writer_.begin(800, requirements()), UpdateError::kNone);
  EXPECT_EQ(writer_.write(0, image_of(700)), UpdateError::kRefused);
}

TEST_P(UpdateWriterTest, RefusesMoreThanFitsOrWasAnnounced) {
  const auto image = image_of(700);
  EXPECT_EQ(writer_.begin(3073, requirements()), UpdateError::kTooLarge);
  ASSERT_EQ(writer_.begin(700, requirements()), UpdateError::kNone);
  EXPECT_EQ(writer_.write(0, image_of(701)), UpdateError::kTooLarge);
  ASSERT_EQ(writer_.begin(0, requirements()), UpdateError::kNone);
  EXPECT_EQ(writer_.write(0, std::vector<std::uint8_t>(5000)), UpdateError::kTooLarge);
  ASSERT_EQ(writer_.begin(0, requirements()), UpdateError::kNone);
  ASSERT_EQ(writer_.write(0, image), UpdateError::kNone);
  EXPECT_EQ(writer_.write(700, ByteView(image).first(1)), UpdateError::kTooLarge);
}

TEST_P(UpdateWriterTest, AnImageOnTrialMustBeConfirmedFirst) {
  set_state(with_boot(with_trial(with_boot({}, Slot::kA), Slot::kB), Slot::kB));
  EXPECT_EQ(writer_.begin(700, requirements()), UpdateError::kNotConfirmed);
  EXPECT_EQ(writer_.write(0, image_of(700)), UpdateError::kNotStarted);
  EXPECT_EQ(writer_.finish(), UpdateError::kNotStarted);
}

TEST_P(UpdateWriterTest, CallsOffAPendingTrialOfTheSlot) {
  ASSERT_EQ(activate(flash_, layout_, Slot::kB), hal::Status::kOk);
  ASSERT_EQ(writer_.begin(700, requirements()), UpdateError::kNone);
  EXPECT_EQ(current_state(flash_, layout_).trial, Slot::kNone);
}

} // namespace
} // namespace tinyml::store
