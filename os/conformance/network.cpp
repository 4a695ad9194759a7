// SPDX-License-Identifier: Apache-2.0
#include "os/conformance/checks.hpp"
#include "os/conformance/peer_protocol.hpp"

#include <algorithm>

namespace tinyml::conformance {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::size_t kEthernetHeaderBytes = 14;
constexpr std::size_t kLargestFrameBytes = 1514;
constexpr std::uint8_t kBurstLength =
    16; // what an Ethernet FIFO of 10 KB holds at kBurstMessageBytes

/// Frames the messages of peer_protocol.hpp for whatever link the board has.
class PeerLink {
public:
  [[nodiscard]] std::size_t header_bytes() const {
    return ethernet() ? kEthernetHeaderBytes : sizeof(hal::DatagramHeader);
  }
  [[nodiscard]] std::uint8_t *message() { return frame_ + header_bytes(); }

  /// The next message within the time; empty when none came.
  [[nodiscard]] ByteSpan receive(std::uint64_t timeout_ns) {
    const std::uint64_t deadline = hal::monotonic_ns() + timeout_ns;
    while (hal::wait_until(deadline)) {
      const std::size_t size = hal::net_receive(frame_);
      if (size > header_bytes() && ours()) {
        return {message(), size - header_bytes()};
      }
    }
    return {};
  }

  /// Turns the header of the frame that was received last around: later messages go to its sender.
  void answer_sender() {
    if (ethernet()) {
      std::copy_n(frame_ + 6, 6, frame_);
      std::copy_n(hal::boot_info().mac, 6, frame_ + 6);
    }
    std::copy_n(frame_, header_bytes(), header_);
  }

  [[nodiscard]] hal::Status send(std::size_t message_bytes) {
    std::copy_n(header_, header_bytes(), frame_);
    return hal::net_send({frame_, header_bytes() + message_bytes});
  }

  /// Lets a switch know that we are there.
  void announce() {
    if (ethernet()) {
      std::fill_n(header_, 6, std::uint8_t{0xFF});
      std::copy_n(hal::boot_info().mac, 6, header_ + 6);
      store_be(header_ + 12, kEtherType);
      message()[0] = kHere;
      (void)send(kMinMessageBytes);
    }
  }

private:
  static bool ethernet() { return hal::boot_info().link == hal::LinkKind::kEthernet; }

  [[nodiscard]] bool ours() const {
    return !ethernet() || load_be<std::uint16_t>(frame_ + 12) == kEtherType;
  }

  std::uint8_t header_[kEthernetHeaderBytes] = {};
  alignas(4) std::uint8_t frame_[kLargestFrameBytes] = {};
};

constinit PeerLink peer;

std::uint8_t pattern(std::size_t size, std::size_t i) {
  return static_cast<std::uint8_t>(size * 31 + i * 7);
}

bool echo(std::size_t size) {
  std::uint8_t *message = peer.message();
  message[0] = kEcho;
  for (std::size_t i = 1; i < size; ++i) {
    message[i] = pattern(size, i);
  }
  if (peer.send(size) != hal::Status::kOk) {
    return false;
  }
  for (;;) {
    const ByteSpan answer = peer.receive(kSecond);
    if (answer.empty() || answer[0] == kEchoed) {
      bool same = answer.size() == size;
      for (std::size_t i = 1; same && i < size; ++i) {
        same = answer[i] == pattern(size, i);
      }
      return same;
    }
  }
}

bool echoes_of_every_size() {
  const std::size_t largest = kLargestFrameBytes - kEthernetHeaderBytes;
  for (std::size_t size = kMinMessageBytes; size <= largest; size += 1 + size / 8) {
    if (!echo(size)) {
      Report::figure("echo failed at size", size);
      return false;
    }
  }
  return echo(largest);
}

/// The peer sends while the program looks elsewhere; nothing may be lost and the order must hold.
std::uint32_t burst_parts_received() {
  peer.message()[0] = kBurst;
  peer.message()[1] = kBurstLength;
  (void)peer.send(kMinMessageBytes);
  const std::uint64_t look_again = hal::monotonic_ns() + kSecond / 5;
  while (hal::monotonic_ns() < look_again) {
  }
  std::uint32_t received = 0;
  for (ByteSpan part = peer.receive(kSecond / 2); !part.empty(); part = peer.receive(kSecond / 2)) {
    received += part[0] == kBurstPart && part[1] == received ? 1 : 0;
  }
  return received;
}

bool oversized_frame_is_dropped() {
  peer.message()[0] = kEcho;
  (void)peer.send(kBurstMessageBytes);
  std::uint8_t small[32];
  const bool came = hal::wait_until(hal::monotonic_ns() + kSecond);
  return came && hal::net_receive(small) == 0 && echo(100);
}

ByteSpan wait_for_hello() {
  ByteSpan hello;
  for (int tries = 0; tries < 100 && hello.empty(); ++tries) {
    peer.announce();
    hello = peer.receive(kSecond / 5);
  }
  return hello;
}

} // namespace

void check_network(Report &report) {
  if (hal::boot_info().link == hal::LinkKind::kNone) {
    Report::skip("network: the board has none");
    return;
  }
  const ByteSpan hello = wait_for_hello();
  report.check("the peer's hello arrives", !hello.empty());
  if (hello.empty()) {
    return;
  }
  peer.answer_sender();
  const std::uint64_t start = hal::monotonic_ns();
  report.check("echoes of every size", echoes_of_every_size());
  Report::figure("time for the echoes, ns", hal::monotonic_ns() - start);
  report.check("a burst is received whole", burst_parts_received() == kBurstLength);
  report.check("a frame larger than the buffer is dropped alone", oversized_frame_is_dropped());
  report.check("a frame of no sense is refused", hal::net_send({}) == hal::Status::kInvalid);
}

} // namespace tinyml::conformance
