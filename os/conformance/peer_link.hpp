// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/conformance/peer_protocol.hpp"
#include "os/hal.hpp"

#include <algorithm>

namespace tinyml::conformance {

/// Frames the messages of peer_protocol.hpp for whatever link the board has.
class PeerLink {
public:
  static constexpr std::size_t kEthernetHeaderBytes = 14;
  static constexpr std::size_t kIpHeaderBytes = 20;
  static constexpr std::size_t kLargestFrameBytes = 1514;

  [[nodiscard]] std::size_t header_bytes() const {
    switch (link()) {
    case hal::LinkKind::kEthernet:
      return kEthernetHeaderBytes;
    case hal::LinkKind::kSlip:
      return kIpHeaderBytes;
    default:
      return sizeof(hal::DatagramHeader);
    }
  }
  /// The longest message that the link carries.
  [[nodiscard]] std::size_t most_bytes() const {
    const std::size_t most = hal::boot_info().mtu_bytes;
    return link() == hal::LinkKind::kSlip ? std::min(most, kLargestFrameBytes) - kIpHeaderBytes
                                          : kLargestFrameBytes - kEthernetHeaderBytes;
  }
  [[nodiscard]] ByteSpan frame() { return {memory_ + shift_, kLargestFrameBytes}; }
  [[nodiscard]] std::uint8_t *message() { return frame().data() + header_bytes(); }

  /// Lets frames begin at an address of any alignment from now on.
  void shift(std::size_t bytes) { shift_ = bytes; }

  /// The next message within the time; empty when none came.
  [[nodiscard]] ByteSpan receive(std::uint64_t timeout_ns) {
    return receive_until(hal::monotonic_ns() + timeout_ns);
  }
  [[nodiscard]] ByteSpan receive_until(std::uint64_t deadline_ns) {
    while (hal::wait_until(deadline_ns)) {
      const std::size_t size = hal::net_receive(frame());
      if (size > header_bytes() && is_ours()) {
        return {message(), size - header_bytes()};
      }
    }
    return {};
  }

  /// Turns the header of the frame that was received last around: later messages go to its sender.
  void answer_sender() {
    std::uint8_t *at = frame().data();
    if (link() == hal::LinkKind::kEthernet) {
      std::copy_n(at + 6, 6, at);
      std::copy_n(hal::boot_info().mac, 6, at + 6);
    } else if (link() == hal::LinkKind::kSlip) {
      std::swap_ranges(at + 12, at + 16, at + 16);
    }
    std::copy_n(at, header_bytes(), header_);
  }

  [[nodiscard]] hal::Status send(std::size_t message_bytes) {
    std::uint8_t *at = frame().data();
    std::copy_n(header_, header_bytes(), at);
    if (link() == hal::LinkKind::kSlip) {
      finish_ip_header(at, message_bytes);
    }
    return hal::net_send({at, header_bytes() + message_bytes});
  }

  /// Lets a switch know that we are there.
  void announce() {
    if (link() == hal::LinkKind::kEthernet) {
      std::fill_n(header_, 6, std::uint8_t{0xFF});
      std::copy_n(hal::boot_info().mac, 6, header_ + 6);
      store_be(header_ + 12, kEtherType);
      message()[0] = kHere;
      (void)send(kMinMessageBytes);
    }
  }

private:
  static hal::LinkKind link() { return hal::boot_info().link; }

  [[nodiscard]] bool is_ours() const {
    const std::uint8_t *at = memory_ + shift_;
    return link() == hal::LinkKind::kEthernet ? load_be<std::uint16_t>(at + 12) == kEtherType
           : link() == hal::LinkKind::kSlip   ? at[0] == 0x45 && at[9] == kIpProtocol
                                              : true;
  }

  /// Length and checksum (RFC 791) of a header that is otherwise there.
  static void finish_ip_header(std::uint8_t *at, std::size_t message_bytes) {
    store_be(at + 2, static_cast<std::uint16_t>(kIpHeaderBytes + message_bytes));
    store_be(at + 10, std::uint16_t{0});
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < kIpHeaderBytes; i += 2) {
      sum += load_be<std::uint16_t>(at + i);
    }
    sum = (sum & 0xFFFF) + (sum >> 16);
    store_be(at + 10, static_cast<std::uint16_t>(~(sum + (sum >> 16))));
  }

  std::uint8_t header_[kIpHeaderBytes] = {};
  std::size_t shift_ = 0;
  alignas(4) std::uint8_t memory_[kLargestFrameBytes + 4] = {};
};

} // namespace tinyml::conformance
