// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/drivers/virtio_queue.hpp"
#include "os/hal.hpp"

namespace tinyml::drivers {

/// Ethernet frames in the two queues of a virtio network device (Virtual I/O Device 1.1, 5.1.6):
/// all of the driver but the device's registers, so that it also runs, and is fuzzed, on the host.
class VirtioFrames {
public:
  static constexpr unsigned kReceiveBuffers = 4;
  static constexpr unsigned kSendBuffers = 4;
  static constexpr std::size_t kHeaderBytes = 12; ///< virtio_net_hdr, all zero
  static constexpr std::size_t kMaxFrameBytes = 1514;
  static constexpr std::size_t kBufferBytes = 1536;

  using ReceiveQueue = VirtioQueue<kReceiveBuffers>;
  using SendQueue = VirtioQueue<kSendBuffers>;

  /// Empties both queues and gives the device all buffers for frames that come. The device is in
  /// reset meanwhile.
  void start() {
    receive_queue.start(0);
    send_queue.start(kNoInterrupt);
    broken_ = false;
    for (std::uint32_t i = 0; i < kReceiveBuffers; ++i) {
      offer_for_receive(i);
    }
  }

  /// The device broke the protocol; nothing is received or sent before the next start().
  [[nodiscard]] bool broken() const { return broken_; }

  [[nodiscard]] bool frame_waits() const { return !broken_ && receive_queue.any_used(); }

  /// Takes the next frame that fits and drops those before it that do not; 0 when none is left. The
  /// device is to be notified afterwards: it got buffers back.
  [[nodiscard]] std::size_t receive(ByteSpan to) {
    ReceiveQueue::Taken taken;
    // A device that refills the ring all the time does not keep us here.
    for (unsigned looked = 0; !broken_ && looked < kReceiveBuffers; ++looked) {
      const ReceiveQueue::Found found = receive_queue.take(taken);
      if (found != ReceiveQueue::Found::kBuffer) {
        broken_ = found == ReceiveQueue::Found::kNonsense;
        return 0;
      }
      const std::size_t size = copy_frame(taken, to);
      offer_for_receive(taken.buffer);
      if (size != 0) {
        return size;
      }
    }
    return 0;
  }

  /// kBusy while the device has all buffers. It is to be notified after kOk.
  [[nodiscard]] hal::Status send(ByteView frame) {
    if (frame.size() < kEthernetHeaderBytes || frame.size() > kMaxFrameBytes) {
      return hal::Status::kInvalid;
    }
    take_sent();
    for (std::uint32_t i = 0; !broken_ && i < kSendBuffers; ++i) {
      if (!send_queue.has(i)) {
        std::memset(send_buffers_[i], 0, kHeaderBytes);
        std::memcpy(send_buffers_[i] + kHeaderBytes, frame.data(), frame.size());
        send_queue.offer(i, reinterpret_cast<std::uintptr_t>(send_buffers_[i]),
                         static_cast<std::uint32_t>(kHeaderBytes + frame.size()), false);
        return hal::Status::kOk;
      }
    }
    return broken_ ? hal::Status::kIo : hal::Status::kBusy;
  }

  ReceiveQueue receive_queue;
  SendQueue send_queue;

private:
  static constexpr std::size_t kEthernetHeaderBytes = 14;
  static constexpr std::uint16_t kNoInterrupt = 1;

  void offer_for_receive(std::uint32_t buffer) {
    receive_queue.offer(buffer, reinterpret_cast<std::uintptr_t>(receive_buffers_[buffer]),
                        kBufferBytes, true);
  }

  /// 0 when it does not fit, or is no frame.
  std::size_t copy_frame(const ReceiveQueue::Taken &taken, ByteSpan to) const {
    const std::size_t size = taken.length - kHeaderBytes;
    if (taken.length < kHeaderBytes + kEthernetHeaderBytes || taken.length > kBufferBytes ||
        size > to.size()) {
      return 0;
    }
    std::memcpy(to.data(), receive_buffers_[taken.buffer] + kHeaderBytes, size);
    return size;
  }

  void take_sent() {
    SendQueue::Taken taken;
    SendQueue::Found found = SendQueue::Found::kBuffer;
    while (!broken_ && found == SendQueue::Found::kBuffer) { // at most as often as it has buffers
      found = send_queue.take(taken);
      broken_ = found == SendQueue::Found::kNonsense;
    }
  }

  bool broken_;
  alignas(16) std::uint8_t receive_buffers_[kReceiveBuffers][kBufferBytes];
  alignas(16) std::uint8_t send_buffers_[kSendBuffers][kBufferBytes];
};

} // namespace tinyml::drivers
