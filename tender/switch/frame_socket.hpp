// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "tender/switch/file_descriptor.hpp"
#include "tender/switch/port_table.hpp"

#include <array>
#include <functional>
#include <vector>

namespace tinyml::tender {

/// A UDP socket on loopback whose datagrams are Ethernet frames. Many frames per system call, both
/// ways.
class FrameSocket {
public:
  static constexpr std::size_t kBatch = 64;
  static constexpr std::size_t kBufferBytes = 2048;

  /// kResourceFull when the port is in use. Port 0 takes any free one.
  [[nodiscard]] static Expected<FrameSocket> open(std::uint16_t port);

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }

  struct Received {
    PeerPort peer = 0;
    ByteSpan buffer; ///< kBufferBytes, of which the frame is the beginning
    std::size_t frame_bytes = 0;
  };
  /// Takes the frames that wait, up to kBatch. They stay valid until the next call. Frames larger
  /// than the buffer and senders that are not on loopback are dropped.
  [[nodiscard]] std::vector<Received> receive();

  /// Queues a frame whose bytes stay where they are until flush().
  void queue(PeerPort peer, ByteView frame);
  void flush();

  /// Peers of which the kernel has learned that nobody listens there any more.
  [[nodiscard]] std::vector<PeerPort> take_dead_peers();

private:
  FrameSocket(FileDescriptor socket, std::uint16_t port);

  struct Outgoing {
    PeerPort peer;
    ByteView frame;
  };
  FileDescriptor socket_;
  std::uint16_t port_;
  std::vector<std::array<std::uint8_t, kBufferBytes>> buffers_;
  std::vector<Outgoing> outgoing_;
};

} // namespace tinyml::tender
