// SPDX-License-Identifier: Apache-2.0
// The device's side of the rings, honest and lying.
#include "os/drivers/virtio_frames.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <vector>

namespace tinyml::drivers {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes frame_of(std::size_t size, std::uint8_t seed) {
  Bytes frame(size);
  for (std::size_t i = 0; i < size; ++i) {
    frame[i] = static_cast<std::uint8_t>(seed + i * 3);
  }
  return frame;
}

class VirtioFramesTest : public testing::Test {
protected:
  VirtioFramesTest() { frames->start(); }

  /// As a device does it: fills the next buffer it was offered.
  void deliver(const Bytes &frame) {
    auto &rings = frames->receive_queue.rings();
    constexpr unsigned kCount = VirtioFrames::kReceiveBuffers;
    ASSERT_NE(rings.offered.index, taken_) << "no buffer left";
    const std::uint16_t id = rings.offered.ring[taken_++ % kCount];
    auto *at = reinterpret_cast<std::uint8_t *>(rings.descriptors[id].address);
    ASSERT_LE(VirtioFrames::kHeaderBytes + frame.size(), rings.descriptors[id].size_bytes);
    std::memset(at, 0, VirtioFrames::kHeaderBytes);
    std::copy(frame.begin(), frame.end(), at + VirtioFrames::kHeaderBytes);
    report(id, static_cast<std::uint32_t>(VirtioFrames::kHeaderBytes + frame.size()));
  }

  /// Says that it used a buffer, whether true or not.
  void report(std::uint32_t id, std::uint32_t length) {
    auto &used = frames->receive_queue.rings().used;
    used.ring[used.index % VirtioFrames::kReceiveBuffers] = {id, length};
    ++used.index;
  }

  Bytes receive(std::size_t room = 1514) {
    Bytes frame(room);
    frame.resize(frames->receive(frame));
    return frame;
  }

  std::unique_ptr<VirtioFrames> frames = std::make_unique<VirtioFrames>();
  std::uint16_t taken_ = 0;
};

TEST_F(VirtioFramesTest, FramesComeWholeAndInOrderForever) {
  for (unsigned i = 0; i < 70000; ++i) { // the 16-bit counters wrap
    const Bytes frame = frame_of(14 + i % 1501, static_cast<std::uint8_t>(i));
    deliver(frame);
    ASSERT_TRUE(frames->frame_waits());
    ASSERT_EQ(receive(), frame) << i;
    ASSERT_FALSE(frames->frame_waits());
  }
}

TEST_F(VirtioFramesTest, ABurstIsHeldAsFarAsThereAreBuffers) {
  for (std::uint8_t i = 0; i < VirtioFrames::kReceiveBuffers; ++i) {
    deliver(frame_of(512, i));
  }
  for (std::uint8_t i = 0; i < VirtioFrames::kReceiveBuffers; ++i) {
    EXPECT_EQ(receive(), frame_of(512, i));
  }
  EXPECT_TRUE(receive().empty());
}

TEST_F(VirtioFramesTest, AFrameThatDoesNotFitIsDroppedAlone) {
  deliver(frame_of(200, 1));
  deliver(frame_of(100, 2));
  EXPECT_EQ(receive(100), frame_of(100, 2));
  EXPECT_FALSE(frames->broken());
}

TEST_F(VirtioFramesTest, LengthsThatCannotBeAreDropped) {
  for (const std::uint32_t length :
       {0U, 11U, 12U, 25U, static_cast<std::uint32_t>(VirtioFrames::kBufferBytes) + 1, ~0U}) {
    report(taken_++ % VirtioFrames::kReceiveBuffers, length);
    EXPECT_TRUE(receive(4096).empty()) << length;
  }
  EXPECT_FALSE(frames->broken());
  taken_ = frames->receive_queue.rings().used.index;
  deliver(frame_of(60, 3));
  EXPECT_EQ(receive(), frame_of(60, 3));
}

TEST_F(VirtioFramesTest, ABufferThatTheDeviceHasNotBreaksTheQueue) {
  for (const std::uint32_t id : {4U, 31U, 32U, 0x10000U, ~0U}) {
    frames->start();
    report(id, 100);
    EXPECT_TRUE(receive().empty());
    EXPECT_TRUE(frames->broken()) << id;
    EXPECT_FALSE(frames->frame_waits());
    EXPECT_EQ(frames->send(frame_of(60, 1)), hal::Status::kIo);
  }
}

TEST_F(VirtioFramesTest, TheSameBufferTwiceBreaksTheQueue) {
  auto &used = frames->receive_queue.rings().used;
  used.ring[0] = {2, 100};
  used.ring[1] = {2, 100};
  used.index = 2;
  EXPECT_EQ(receive().size(), 88U);
  // The first came back to the device in the meantime, so this one is as good as any.
  EXPECT_EQ(receive().size(), 88U);
  EXPECT_FALSE(frames->broken());
  VirtioQueue<2> queue;
  queue.start(0);
  queue.offer(0, 0, 1, true);
  queue.offer(1, 0, 1, true);
  queue.rings().used.ring[0] = {1, 1};
  queue.rings().used.ring[1] = {1, 1};
  queue.rings().used.index = 2;
  VirtioQueue<2>::Taken taken;
  EXPECT_EQ(queue.take(taken), VirtioQueue<2>::Found::kBuffer);
  EXPECT_EQ(queue.take(taken), VirtioQueue<2>::Found::kNonsense);
}

TEST_F(VirtioFramesTest, AnIndexThatJumpsBreaksTheQueueAndAStartMendsIt) {
  for (const int jump : {5, 1000, 0x7FFF, 0xFFFF}) {
    frames->start();
    frames->receive_queue.rings().used.index = static_cast<std::uint16_t>(jump);
    EXPECT_TRUE(receive().empty());
    EXPECT_TRUE(frames->broken()) << jump;
  }
  frames->start();
  taken_ = 0;
  deliver(frame_of(60, 9));
  EXPECT_EQ(receive(), frame_of(60, 9));
}

TEST_F(VirtioFramesTest, SendingIsBusyUntilTheDeviceGivesBack) {
  const Bytes frame = frame_of(1514, 5);
  for (unsigned i = 0; i < VirtioFrames::kSendBuffers; ++i) {
    ASSERT_EQ(frames->send(frame), hal::Status::kOk);
  }
  EXPECT_EQ(frames->send(frame), hal::Status::kBusy);
  auto &rings = frames->send_queue.rings();
  const auto &sent = rings.descriptors[rings.offered.ring[0]];
  EXPECT_EQ(sent.size_bytes, VirtioFrames::kHeaderBytes + frame.size());
  const auto *bytes = reinterpret_cast<const std::uint8_t *>(sent.address);
  EXPECT_EQ(Bytes(bytes + VirtioFrames::kHeaderBytes, bytes + sent.size_bytes), frame);
  rings.used.ring[0] = {rings.offered.ring[0], 0};
  rings.used.index = 1;
  EXPECT_EQ(frames->send(frame), hal::Status::kOk);
  EXPECT_EQ(frames->send(frame), hal::Status::kBusy);
}

TEST_F(VirtioFramesTest, FramesOfNoSenseAreRefused) {
  EXPECT_EQ(frames->send({}), hal::Status::kInvalid);
  EXPECT_EQ(frames->send(frame_of(13, 0)), hal::Status::kInvalid);
  EXPECT_EQ(frames->send(frame_of(1515, 0)), hal::Status::kInvalid);
}

} // namespace
} // namespace tinyml::drivers
