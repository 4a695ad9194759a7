// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/mmio.hpp"
#include "os/drivers/virtio_frames.hpp"

namespace tinyml::drivers {

/// Network device behind virtio-mmio registers at `Base` (Virtual I/O Device 1.1, 4.2.2), modern
/// interface (version 2), no offered feature used. Its interrupt line is raised by a received frame
/// and only meant to wake the processor.
template <std::uintptr_t Base> class VirtioNet {
public:
  /// Resets and starts the device. False when there is none or it does not agree.
  static bool start() {
    if (Magic::read() != kMagic || Version::read() != kModern || DeviceId::read() != kNetwork) {
      return false;
    }
    Status::write(0);
    Status::write(kAcknowledge | kDriver);
    if (!negotiate()) {
      return false;
    }
    frames_.start();
    if (!start_queue(kReceiveQueue, frames_.receive_queue.rings()) ||
        !start_queue(kSendQueue, frames_.send_queue.rings())) {
      return false;
    }
    Status::write(kAcknowledge | kDriver | kFeaturesOk | kDriverOk);
    QueueNotify::write(kReceiveQueue);
    return true;
  }

  static bool frame_waits() { return frames_.frame_waits(); }

  /// Lowers the interrupt line; it rises again with the next frame. Look at frame_waits()
  /// afterwards.
  static void acknowledge() { InterruptAcknowledge::write(InterruptStatus::read()); }

  static hal::Status send(ByteView frame) {
    const hal::Status status = frames_.send(frame);
    if (status == hal::Status::kOk) {
      QueueNotify::write(kSendQueue);
    }
    recover();
    return status;
  }

  /// Takes the next good frame that fits and drops those before it that do not.
  static std::size_t receive(ByteSpan buffer) {
    if (!frames_.frame_waits()) {
      return 0;
    }
    const std::size_t size = frames_.receive(buffer);
    QueueNotify::write(kReceiveQueue);
    recover();
    return size;
  }

  /// How far the device is with what was sent.
  static const VirtioRings<VirtioFrames::kSendBuffers> &send_rings() {
    return frames_.send_queue.rings();
  }

private:
  using Magic = Register<Base + 0x000>;
  using Version = Register<Base + 0x004>;
  using DeviceId = Register<Base + 0x008>;
  using DeviceFeatures = Register<Base + 0x010>;
  using DeviceFeaturesHalf = Register<Base + 0x014>;
  using DriverFeatures = Register<Base + 0x020>;
  using DriverFeaturesHalf = Register<Base + 0x024>;
  using QueueSelect = Register<Base + 0x030>;
  using QueueMax = Register<Base + 0x034>;
  using QueueSize = Register<Base + 0x038>;
  using QueueReady = Register<Base + 0x044>;
  using QueueNotify = Register<Base + 0x050>;
  using InterruptStatus = Register<Base + 0x060>;
  using InterruptAcknowledge = Register<Base + 0x064>;
  using Status = Register<Base + 0x070>;

  static constexpr std::uint32_t kMagic = 0x74726976; // "virt"
  static constexpr std::uint32_t kModern = 2;
  static constexpr std::uint32_t kNetwork = 1;
  static constexpr std::uint32_t kReceiveQueue = 0;
  static constexpr std::uint32_t kSendQueue = 1;
  static constexpr std::uint32_t kAcknowledge = 1;
  static constexpr std::uint32_t kDriver = 2;
  static constexpr std::uint32_t kDriverOk = 4;
  static constexpr std::uint32_t kFeaturesOk = 8;
  static constexpr std::uint32_t kVersion1 = 1; // bit 32 of the features

  static bool negotiate() {
    DeviceFeaturesHalf::write(1);
    if ((DeviceFeatures::read() & kVersion1) == 0) {
      return false;
    }
    DriverFeaturesHalf::write(0);
    DriverFeatures::write(0);
    DriverFeaturesHalf::write(1);
    DriverFeatures::write(kVersion1);
    Status::write(kAcknowledge | kDriver | kFeaturesOk);
    return (Status::read() & kFeaturesOk) != 0;
  }

  template <unsigned Count>
  static bool start_queue(std::uint32_t queue, const VirtioRings<Count> &rings) {
    QueueSelect::write(queue);
    if (QueueMax::read() < Count) {
      return false;
    }
    QueueSize::write(Count);
    write_address<0x080>(&rings.descriptors);
    write_address<0x090>(&rings.offered);
    write_address<0x0A0>(&rings.used);
    QueueReady::write(1);
    return true;
  }

  template <std::uintptr_t Offset> static void write_address(const void *memory) {
    const std::uint64_t address = reinterpret_cast<std::uintptr_t>(memory);
    Register<Base + Offset>::write(static_cast<std::uint32_t>(address));
    Register<Base + Offset + 4>::write(static_cast<std::uint32_t>(address >> 32));
  }

  static void recover() {
    if (frames_.broken()) {
      start();
    }
  }

  static inline constinit VirtioFrames frames_ = {};
};

} // namespace tinyml::drivers
