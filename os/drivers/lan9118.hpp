// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/drivers/mmio.hpp"
#include "os/hal.hpp"

namespace tinyml::drivers {

/// SMSC LAN9118 / LAN9220 Ethernet controller (LAN9118 data sheet, chapters 3 and 5). Frames stay
/// in its own FIFO until somebody takes them, so the driver has no buffers and no state. Its
/// interrupt line is raised by a waiting frame and only meant to wake the processor.
template <std::uintptr_t Base> class Lan9118 {
public:
  /// Resets the controller and starts it with this station address. False when it does not answer.
  static bool start(const std::uint8_t (&mac)[6]) {
    if (!reset()) {
      return false;
    }
    HardwareConfig::write(kMustBeOne | kTransmitFifo3K);
    write_mac(kMacAddressHigh, load_le<std::uint16_t>(mac + 4));
    write_mac(kMacAddressLow, load_le<std::uint32_t>(mac));
    FifoInterrupt::write(kTransmitLevels | 0); // any received frame
    InterruptEnable::write(kReceiveStatusLevel);
    InterruptConfig::write(kInterruptOn | kActiveHigh | kPushPull);
    TransmitConfig::write(kTransmitOn);
    write_mac(kMacControl, kFullDuplex | kMacTransmitOn | kMacReceiveOn);
    return true;
  }

  static bool frame_waits() { return ((ReceiveFifoInfo::read() >> 16) & 0xFF) != 0; }

  /// Lowers the interrupt line; it rises again with the next frame. Look at frame_waits()
  /// afterwards.
  static void acknowledge() { InterruptStatus::write(kReceiveStatusLevel); }

  static hal::Status send(ByteView frame) {
    if (frame.size() < kHeaderBytes || frame.size() > kMaxFrameBytes) {
      return hal::Status::kInvalid;
    }
    if ((TransmitFifoInfo::read() & 0xFFFF) < frame.size() + kCommandBytes) {
      return hal::Status::kBusy;
    }
    TransmitConfig::write(kDumpTransmitStatus | kTransmitOn); // nobody reads the statuses
    const auto length = static_cast<std::uint32_t>(frame.size());
    TransmitData::write(kFirstSegment | kLastSegment | length);
    TransmitData::write(length);
    push(frame);
    return hal::Status::kOk;
  }

  /// Takes the next good frame that fits and drops those before it that do not.
  static std::size_t receive(ByteSpan buffer) {
    while (frame_waits()) {
      const std::uint32_t status = ReceiveStatus::read();
      const std::size_t length = ((status >> 16) & 0x3FFF) - kChecksumBytes;
      if ((status & kReceiveError) == 0 && length <= buffer.size()) {
        pull(buffer.first(length));
        skip_words(1);
        return length;
      }
      skip_words((length + kChecksumBytes + 3) / 4);
    }
    return 0;
  }

private:
  using ReceiveData = Register<Base + 0x00>;
  using TransmitData = Register<Base + 0x20>;
  using ReceiveStatus = Register<Base + 0x40>;
  using InterruptConfig = Register<Base + 0x54>;
  using InterruptStatus = Register<Base + 0x58>;
  using InterruptEnable = Register<Base + 0x5C>;
  using FifoInterrupt = Register<Base + 0x68>;
  using TransmitConfig = Register<Base + 0x70>;
  using HardwareConfig = Register<Base + 0x74>;
  using ReceiveFifoInfo = Register<Base + 0x7C>;
  using TransmitFifoInfo = Register<Base + 0x80>;
  using MacCommand = Register<Base + 0xA4>;
  using MacData = Register<Base + 0xA8>;

  static constexpr std::size_t kHeaderBytes = 14;
  static constexpr std::size_t kMaxFrameBytes = 1514;
  static constexpr std::size_t kChecksumBytes = 4;
  static constexpr std::size_t kCommandBytes = 12;
  static constexpr std::uint32_t kSoftReset = 1U << 0;
  static constexpr std::uint32_t kMustBeOne = 1U << 20;
  static constexpr std::uint32_t kTransmitFifo3K = 3U << 16;
  static constexpr std::uint32_t kTransmitLevels = 0x48U << 24;
  static constexpr std::uint32_t kReceiveStatusLevel = 1U << 3;
  static constexpr std::uint32_t kInterruptOn = 1U << 8;
  static constexpr std::uint32_t kActiveHigh = 1U << 4;
  static constexpr std::uint32_t kPushPull = 1U << 0;
  static constexpr std::uint32_t kTransmitOn = 1U << 1;
  static constexpr std::uint32_t kDumpTransmitStatus = 1U << 15;
  static constexpr std::uint32_t kFirstSegment = 1U << 13;
  static constexpr std::uint32_t kLastSegment = 1U << 12;
  static constexpr std::uint32_t kReceiveError = 1U << 15;
  static constexpr std::uint32_t kMacBusy = 1U << 31;
  static constexpr std::uint32_t kMacControl = 1;
  static constexpr std::uint32_t kMacAddressHigh = 2;
  static constexpr std::uint32_t kMacAddressLow = 3;
  static constexpr std::uint32_t kFullDuplex = 1U << 20;
  static constexpr std::uint32_t kMacTransmitOn = 1U << 3;
  static constexpr std::uint32_t kMacReceiveOn = 1U << 2;
  static constexpr int kPatience = 100000;

  static bool reset() {
    HardwareConfig::write(kSoftReset);
    for (int i = 0; i < kPatience; ++i) {
      if ((HardwareConfig::read() & kSoftReset) == 0) {
        return true;
      }
    }
    return false;
  }

  static void write_mac(std::uint32_t index, std::uint32_t value) {
    MacData::write(value);
    MacCommand::write(kMacBusy | index);
    for (int i = 0; i < kPatience && (MacCommand::read() & kMacBusy) != 0; ++i) {
    }
  }

  static void push(ByteView bytes) {
    for (; bytes.size() >= 4; bytes = bytes.subspan(4)) {
      std::uint32_t word = 0;
      __builtin_memcpy(&word, bytes.data(), 4);
      TransmitData::write(word);
    }
    if (!bytes.empty()) {
      std::uint32_t word = 0;
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        word |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
      }
      TransmitData::write(word);
    }
  }

  static void pull(ByteSpan to) {
    for (; to.size() >= 4; to = to.subspan(4)) {
      const std::uint32_t word = ReceiveData::read();
      __builtin_memcpy(to.data(), &word, 4);
    }
    if (!to.empty()) {
      std::uint32_t word = ReceiveData::read();
      for (std::uint8_t &byte : to) {
        byte = static_cast<std::uint8_t>(word);
        word >>= 8;
      }
    }
  }

  static void skip_words(std::size_t count) {
    for (; count > 0; --count) {
      (void)ReceiveData::read();
    }
  }
};

} // namespace tinyml::drivers
