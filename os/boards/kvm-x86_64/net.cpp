// SPDX-License-Identifier: Apache-2.0
#include "os/boards/kvm-x86_64/machine.hpp"

namespace tinyml {

using kvm::FrameSlot;
using kvm::machine;

constinit std::uint32_t kvm::taken_frames = 0;

/// The frame leaves with the next request, at the latest when the program waits.
hal::Status hal::net_send(ByteView frame) {
  constexpr std::size_t kHeaderBytes = 14;
  if (frame.size() < kHeaderBytes || frame.size() > FrameSlot::kLargestFrame) {
    return Status::kInvalid;
  }
  if (machine().to_send == kvm::kSendSlots) {
    (void)kvm::ask(kvm::Call::kFlush);
  }
  FrameSlot &slot = kvm::shared().send[machine().to_send++];
  slot.size_bytes = static_cast<std::uint16_t>(frame.size());
  std::memcpy(slot.frame, frame.data(), frame.size());
  return Status::kOk;
}

std::size_t hal::net_receive(ByteSpan buffer) {
  if (kvm::taken_frames == machine().received) {
    // Whoever has taken all that there was is told so once without a request.
    if (machine().all_received != 0) {
      machine().all_received = 0;
      return 0;
    }
    (void)kvm::ask(kvm::Call::kReceive);
    kvm::taken_frames = 0;
    if (machine().received == 0) {
      return 0;
    }
  }
  const FrameSlot &slot = kvm::shared().receive[kvm::taken_frames++];
  const std::size_t size = slot.size_bytes;
  if (size > buffer.size()) {
    return 0;
  }
  std::memcpy(buffer.data(), slot.frame, size);
  return size;
}

} // namespace tinyml
