// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "tender/monitor/devices.hpp"
#include "tender/switch/file_descriptor.hpp"

namespace tinyml::tender {

/// The cable to the switch: one Ethernet frame is one UDP datagram on loopback, many a system call.
class FrameLink {
public:
  FrameLink() = default; ///< not plugged in
  [[nodiscard]] static Expected<FrameLink> plug_in(std::uint16_t switch_port);

  [[nodiscard]] int fd() const { return socket_.get(); } ///< -1: not plugged in

  /// Straight into the slots. A frame that is too large for one is dropped alone.
  Devices::Received receive(std::span<kvm::FrameSlot> slots);
  /// What the host does not take is lost, as on a wire.
  void send(std::span<const ByteView> frames);

private:
  FileDescriptor socket_;
};

} // namespace tinyml::tender
