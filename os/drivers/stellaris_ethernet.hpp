// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/drivers/mmio.hpp"
#include "os/hal.hpp"

#include <algorithm>

namespace tinyml::drivers {

/// Ethernet controller of the Stellaris family (LM3S6965 data sheet, chapter 15). Frames stay in
/// its FIFO, at most 31, until somebody takes them, so the driver has no buffers and no state. In
/// the FIFO a frame follows two bytes of length, so it never lies on words. The interrupt line is
/// only meant to wake the processor.
template <std::uintptr_t Base> class StellarisEthernet {
public:
  static void start(const std::uint8_t (&mac)[6]) {
    InterruptMask::write(kFrameReceived);
    ReceiveControl::write(kResetFifo);
    AddressLow::write(load_le<std::uint32_t>(mac));
    AddressHigh::write(load_le<std::uint16_t>(mac + 4));
    TransmitControl::write(kFullDuplex | kAddChecksum | kPadShort | kTransmitOn);
    ReceiveControl::write(kDropBadChecksum | kReceiveOn);
  }

  static bool frame_waits() { return FramesWaiting::read() != 0; }

  /// Lowers the interrupt line; it rises again with the next frame. Look at frame_waits()
  /// afterwards.
  static void acknowledge() { Interrupts::write(kFrameReceived); }

  static hal::Status send(ByteView frame) {
    if (frame.size() < kHeaderBytes || frame.size() > kMaxFrameBytes) {
      return hal::Status::kInvalid;
    }
    if ((TransmitRequest::read() & kStart) != 0) {
      return hal::Status::kBusy;
    }
    const auto length = static_cast<std::uint32_t>(frame.size() - kHeaderBytes);
    Data::write(length | (std::uint32_t{load_le<std::uint16_t>(frame.data())} << 16));
    push(frame.subspan(kLengthBytes));
    TransmitRequest::write(kStart);
    return hal::Status::kOk;
  }

  /// Takes the next frame that fits and drops those before it that do not.
  static std::size_t receive(ByteSpan buffer) {
    while (frame_waits()) {
      const std::uint32_t first = Data::read();
      // Counts itself, the frame and the checksum.
      const std::size_t in_fifo = first & 0xFFFF;
      const std::size_t length = in_fifo - kLengthBytes - kChecksumBytes;
      const bool takes = length >= kHeaderBytes && length <= buffer.size();
      if (takes) {
        store_le(buffer.data(), static_cast<std::uint16_t>(first >> 16));
      }
      // The word that reaches the end moves the FIFO on to the next frame: all must be read.
      pull(takes ? buffer.subspan(kLengthBytes, length - kLengthBytes) : ByteSpan{},
           (in_fifo + 3) / 4 - 1);
      if (takes) {
        return length;
      }
    }
    return 0;
  }

private:
  using Interrupts = Register<Base + 0x00>;
  using InterruptMask = Register<Base + 0x04>;
  using ReceiveControl = Register<Base + 0x08>;
  using TransmitControl = Register<Base + 0x0C>;
  using Data = Register<Base + 0x10>;
  using AddressLow = Register<Base + 0x14>;
  using AddressHigh = Register<Base + 0x18>;
  using FramesWaiting = Register<Base + 0x34>;
  using TransmitRequest = Register<Base + 0x38>;

  static constexpr std::size_t kHeaderBytes = 14;
  static constexpr std::size_t kMaxFrameBytes = 1514;
  static constexpr std::size_t kLengthBytes = 2;
  static constexpr std::size_t kChecksumBytes = 4;
  static constexpr std::uint32_t kFrameReceived = 1U << 0;
  static constexpr std::uint32_t kReceiveOn = 1U << 0;
  static constexpr std::uint32_t kDropBadChecksum = 1U << 3;
  static constexpr std::uint32_t kResetFifo = 1U << 4;
  static constexpr std::uint32_t kTransmitOn = 1U << 0;
  static constexpr std::uint32_t kPadShort = 1U << 1;
  static constexpr std::uint32_t kAddChecksum = 1U << 2;
  static constexpr std::uint32_t kFullDuplex = 1U << 4;
  static constexpr std::uint32_t kStart = 1U << 0;

  static void push(ByteView bytes) {
    while (!bytes.empty()) {
      const std::size_t part = std::min<std::size_t>(bytes.size(), 4);
      std::uint32_t word = 0;
      for (std::size_t i = 0; i < part; ++i) {
        word |= std::uint32_t{bytes[i]} << (8 * i);
      }
      Data::write(word);
      bytes = bytes.subspan(part);
    }
  }

  /// Reads `words` and keeps as many bytes of them as there is room for.
  static void pull(ByteSpan to, std::size_t words) {
    for (; words > 0; --words) {
      std::uint32_t word = Data::read();
      const std::size_t part = std::min<std::size_t>(to.size(), 4);
      for (std::uint8_t &byte : to.first(part)) {
        byte = static_cast<std::uint8_t>(word);
        word >>= 8;
      }
      to = to.subspan(part);
    }
  }
};

} // namespace tinyml::drivers
