// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/drivers/mmio.hpp"
#include "os/hal.hpp"

#include <algorithm>

namespace tinyml::drivers {

/// OpenCores 10/100 Ethernet MAC (Ethernet IP Core Specification, chapters 3 and 4) with a memory
/// of its own for frames: one buffer to send from, the rest to receive into. Its interrupt line is
/// raised by a received frame and only meant to wake the processor.
template <std::uintptr_t Base, std::uintptr_t FrameMemory, std::uint32_t FrameMemoryBytes>
class OpenCoresEthernet {
public:
  /// How many frames of any size may wait.
  static constexpr std::uint32_t kReceiveBuffers = FrameMemoryBytes / 1520 - 1;

  /// Resets the controller and starts it with this station address.
  static void start(const std::uint8_t (&mac)[6]) {
    Mode::write(kReset);
    Mode::write(0);
    MacLow::write(load_be<std::uint32_t>(mac + 2));
    MacHigh::write(load_be<std::uint16_t>(mac));
    SendDescriptors::write(1);
    FrameLengths::write(((kMinFrameBytes + kChecksumBytes) << 16) | kLargestWithChecksum);
    descriptor(0).status = 0;
    descriptor(0).buffer = buffer(0);
    for (std::uint32_t i = 0; i < kReceiveBuffers; ++i) {
      descriptor(1 + i).buffer = buffer(1 + i);
      empty(i);
    }
    next_ = 0;
    acknowledge();
    InterruptMask::write(kFrameReceived);
    Mode::write(kReceiveOn | kSendOn | kFullDuplex | kAppendChecksum);
  }

  static bool frame_waits() { return (descriptor(1 + next_).status & kEmpty) == 0; }

  /// Lowers the interrupt line; it rises again with the next frame. Look at frame_waits()
  /// afterwards.
  static void acknowledge() { InterruptSource::write(kAllInterrupts); }

  static hal::Status send(ByteView frame) {
    if (frame.size() < kHeaderBytes || frame.size() > kMaxFrameBytes) {
      return hal::Status::kInvalid;
    }
    if ((descriptor(0).status & kReady) != 0) {
      return hal::Status::kBusy;
    }
    const std::size_t length = std::max(frame.size(), kMinFrameBytes);
    auto *const to = reinterpret_cast<std::uint8_t *>(buffer(0));
    std::memcpy(to, frame.data(), frame.size());
    std::memset(to + frame.size(), 0, length - frame.size());
    descriptor(0).status =
        (static_cast<std::uint32_t>(length) << 16) | kReady | kLast | kChecksumThis;
    return hal::Status::kOk;
  }

  /// Takes the next good frame that fits and drops those before it that do not.
  static std::size_t receive(ByteSpan to) {
    while (frame_waits()) {
      const std::uint32_t status = descriptor(1 + next_).status;
      const std::size_t length = (status >> 16) - kChecksumBytes;
      const bool take = (status & kReceiveErrors) == 0 && length <= to.size();
      if (take) {
        std::memcpy(to.data(), reinterpret_cast<const std::uint8_t *>(buffer(1 + next_)), length);
      }
      empty(next_);
      next_ = next_ + 1 == kReceiveBuffers ? 0 : next_ + 1;
      if (take) {
        return length;
      }
    }
    return 0;
  }

private:
  using Mode = Register<Base + 0x00>;
  using InterruptSource = Register<Base + 0x04>;
  using InterruptMask = Register<Base + 0x08>;
  using FrameLengths = Register<Base + 0x18>;
  using SendDescriptors = Register<Base + 0x20>;
  using MacLow = Register<Base + 0x40>;
  using MacHigh = Register<Base + 0x44>;

  static constexpr std::size_t kHeaderBytes = 14;
  static constexpr std::size_t kMaxFrameBytes = 1514;
  static constexpr std::size_t kChecksumBytes = 4;
  static constexpr std::size_t kMinFrameBytes =
      60; ///< padded here: models count the checksum differently
  static constexpr std::uint32_t kLargestWithChecksum = 1518;
  static constexpr std::uint32_t kBufferBytes = 1520;
  static constexpr std::uint32_t kReceiveOn = 1U << 0;
  static constexpr std::uint32_t kSendOn = 1U << 1;
  static constexpr std::uint32_t kFullDuplex = 1U << 10;
  static constexpr std::uint32_t kReset = 1U << 11;
  static constexpr std::uint32_t kAppendChecksum = 1U << 13;
  static constexpr std::uint32_t kFrameReceived = 1U << 2;
  static constexpr std::uint32_t kAllInterrupts = 0x7F;

  /// Of both kinds of descriptors: the controller's turn, and back to the first one afterwards.
  static constexpr std::uint32_t kReady = 1U << 15;
  static constexpr std::uint32_t kEmpty = 1U << 15;
  static constexpr std::uint32_t kInterrupt = 1U << 14;
  static constexpr std::uint32_t kLast = 1U << 13;
  static constexpr std::uint32_t kChecksumThis = 1U << 11;
  static constexpr std::uint32_t kReceiveErrors = 0x7F;

  struct Descriptor {
    std::uint32_t status; ///< length << 16 and flags; writing it hands the buffer over
    std::uint32_t buffer;
  };
  static volatile Descriptor &descriptor(std::uint32_t index) {
    return reinterpret_cast<volatile Descriptor *>(Base + 0x400)[index];
  }
  static constexpr std::uintptr_t buffer(std::uint32_t index) {
    return FrameMemory + index * kBufferBytes;
  }
  static void empty(std::uint32_t index) {
    descriptor(1 + index).status = kEmpty | kInterrupt | (index + 1 == kReceiveBuffers ? kLast : 0);
  }

  static inline constinit std::uint32_t next_ = 0;
};

} // namespace tinyml::drivers
