// SPDX-License-Identifier: Apache-2.0
// The virtio network driver's rings with a hostile device: scripts of what it writes into the
// memory that it shares with the driver, between the driver's calls.
#include "os/drivers/virtio_frames.hpp"

#include <cstdlib>
#include <memory>
#include <vector>

namespace {

using namespace tinyml;
using drivers::VirtioFrames;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// Anything anywhere in the rings, which the device shares with the driver.
template <typename Rings> void scribble(Rings &rings, ByteReader &script) {
  const auto at = script.take_be<std::uint16_t>();
  const auto value = script.take(1);
  if (at && value && !value->empty()) {
    reinterpret_cast<std::uint8_t *>(&rings)[*at % sizeof(rings)] = value->front();
  }
}

/// A used entry with the fields the script wants; the index moves on by `step`.
template <unsigned Count>
void use(drivers::VirtioRings<Count> &rings, ByteReader &script, std::uint16_t step) {
  const auto id = script.take_be<std::uint16_t>();
  const auto length = script.take_be<std::uint32_t>();
  if (!id || !length) {
    return;
  }
  // Mostly a buffer that exists and a length near the limits, or nothing would ever be received.
  const std::uint32_t buffer = (*id & 0x100) != 0 ? *id : *id % Count;
  const std::uint32_t size = (*id & 0x200) != 0 ? *length : *length % 1600;
  rings.used.ring[rings.used.index % Count] = {buffer, size};
  rings.used.index = static_cast<std::uint16_t>(rings.used.index + step);
}

void receive(VirtioFrames &frames, std::size_t room) {
  std::vector<std::uint8_t> to(room); // exactly as long: a byte more is found by ASan
  for (unsigned i = 0; i < 2 * VirtioFrames::kReceiveBuffers; ++i) {
    const std::size_t size = frames.receive(to);
    require(size <= room && size <= VirtioFrames::kBufferBytes);
    require(size == 0 || size >= 14);
  }
}

/// Whatever was said before: after a reset an honest device is understood.
void works_after_reset(VirtioFrames &frames) {
  frames.start();
  require(!frames.broken() && !frames.frame_waits());
  auto &rings = frames.receive_queue.rings();
  const std::uint16_t id = rings.offered.ring[0];
  require(rings.offered.index == VirtioFrames::kReceiveBuffers && id < 4);
  auto *buffer = reinterpret_cast<std::uint8_t *>(rings.descriptors[id].address);
  std::memset(buffer, 0x5A, VirtioFrames::kHeaderBytes + 64);
  rings.used.ring[0] = {id, VirtioFrames::kHeaderBytes + 64};
  rings.used.index = 1;
  std::vector<std::uint8_t> to(64);
  require(frames.receive(to) == 64 && to.back() == 0x5A && !frames.broken());
  require(frames.send(to) == hal::Status::kOk);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const auto frames = std::make_unique<VirtioFrames>();
  frames->start();
  ByteReader script(ByteView(data, size));
  while (!script.empty()) {
    const std::uint8_t step = script.take(1)->front();
    switch (step & 7) {
    case 0:
      scribble(frames->receive_queue.rings(), script);
      break;
    case 1:
      scribble(frames->send_queue.rings(), script);
      break;
    case 2:
    case 3:
      use(frames->receive_queue.rings(), script, (step & 0xF8) == 0xF8 ? 300 : 1);
      break;
    case 4:
      use(frames->send_queue.rings(), script, (step & 0xF8) == 0xF8 ? 300 : 1);
      break;
    case 5:
      receive(*frames, std::size_t{step} * 8);
      break;
    case 6:
      (void)frames->send(std::vector<std::uint8_t>(std::size_t{step} * 8));
      break;
    default:
      if (frames->broken()) {
        frames->start();
      }
    }
  }
  works_after_reset(*frames);
  return 0;
}
