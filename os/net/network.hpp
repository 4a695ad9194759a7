// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/hal.hpp"
#include "os/net/ethernet_stack.hpp"
#include "os/net/hosted_stack.hpp"
#include "os/net/slip_stack.hpp"

namespace tinyml::net {

template <hal::LinkKind Link> struct StackOf;
template <> struct StackOf<hal::LinkKind::kEthernet> {
  using Type = EthernetStack;
  static constexpr std::size_t kFrameBytes = kEthernetFrameBytes;
};
template <> struct StackOf<hal::LinkKind::kSlip> {
  using Type = SlipStack;
  static constexpr std::size_t kFrameBytes = 1180; ///< a CoAP message with a block of 1024 bytes
};
template <> struct StackOf<hal::LinkKind::kDatagram> {
  using Type = HostedStack;
  static constexpr std::size_t kFrameBytes = kHostedHeaderBytes + 1472;
};

/// What a device program uses: datagrams over whatever link its board has, through the HAL. The
/// link kind is a constant of the board's build (BoardNetwork below), so only one stack is linked.
///
///   BoardNetwork network({.mac = ..., .random_seed = ...});
///   for (;;) {
///     hal::wait_until(std::min(network.next_deadline_ns(), program.next_deadline_ns()));
///     const std::uint64_t now = hal::monotonic_ns();
///     while (auto datagram = network.receive(now)) { program.handle(*datagram, now); }
///     program.poll(now);  // calls network.send(peer, port, payload, now)
///     network.poll(now);
///   }
///
/// One frame buffer serves both directions: a received payload is gone after the next send(),
/// receive() or poll(). It is the owner's, who may use it for something else between those calls;
/// Network below has its own.
template <hal::LinkKind Link> class NetworkOver {
public:
  /// What a frame buffer usually holds; a shorter one does where the program's datagrams are small.
  static constexpr std::size_t kFrameBytes = StackOf<Link>::kFrameBytes;
  static constexpr hal::LinkKind kLink = Link;

  NetworkOver(const StackConfig &config, ByteSpan frame) : stack_(config, frame) {}
  NetworkOver(const NetworkOver &) = delete;
  NetworkOver &operator=(const NetworkOver &) = delete;

  /// Has an address; before that send() says kNoAddress.
  [[nodiscard]] bool ready() const { return stack_.ready(); }
  [[nodiscard]] Ipv4Address address() const { return stack_.address(); }
  [[nodiscard]] const Counters &counters() const { return stack_.counters(); }
  [[nodiscard]] std::size_t max_payload_bytes() const { return stack_.max_payload_bytes(); }
  [[nodiscard]] std::uint64_t next_deadline_ns() const { return stack_.next_deadline_ns(); }
  /// Where a payload may be built so that send() does not copy it; overwrites a received payload.
  [[nodiscard]] ByteSpan payload_room() { return stack_.payload_room(); }

  /// Takes waiting frames until one carries a datagram for the program; nothing when none waits.
  [[nodiscard]] std::optional<Datagram> receive(std::uint64_t now_ns) {
    for (;;) {
      const ByteSpan buffer = stack_.receive_buffer();
      const std::size_t size = hal::net_receive(buffer);
      if (size == 0) {
        return std::nullopt;
      }
      if (const auto datagram = stack_.handle_frame(buffer.first(size), now_ns)) {
        return datagram;
      }
      poll(now_ns);
    }
  }

  /// Sends one datagram from `local_port` to `peer`; the payload is free again afterwards.
  [[nodiscard]] SendStatus send(Endpoint peer, std::uint16_t local_port, ByteView payload,
                                std::uint64_t now_ns) {
    const SendStatus status = stack_.send(peer, local_port, payload, now_ns);
    return status == SendStatus::kSent && !poll(now_ns) ? SendStatus::kLinkDown : status;
  }

  /// Runs the stack's timers and sends what they brought up. False when the link refused a frame.
  bool poll(std::uint64_t now_ns) {
    bool sent = true;
    for (ByteView frame = stack_.poll(now_ns); !frame.empty(); frame = stack_.poll(now_ns)) {
      sent = put_on_link(frame) && sent;
    }
    return sent;
  }

private:
  /// A full send queue empties within a frame time; a link that stays busy is treated as down.
  static bool put_on_link(ByteView frame) {
    constexpr int kTries = 8;
    for (int i = 0; i < kTries; ++i) {
      const hal::Status status = hal::net_send(frame);
      if (status != hal::Status::kBusy) {
        return status == hal::Status::kOk;
      }
      hal::wait_until(hal::monotonic_ns() + kNanosPerMilli);
    }
    return false;
  }

  typename StackOf<Link>::Type stack_;
};

template <std::size_t Bytes> struct FrameBuffer { std::array<std::uint8_t, Bytes> frame{}; };

template <hal::LinkKind Link, std::size_t FrameBytes = StackOf<Link>::kFrameBytes>
class Network : FrameBuffer<FrameBytes>, public NetworkOver<Link> {
public:
  explicit Network(const StackConfig &config) : NetworkOver<Link>(config, this->frame) {}
};

#ifdef TINYML_BOARD_LINK
/// The network of the board this tree is built for: its build defines TINYML_BOARD_LINK as one of
/// hal::LinkKind's names (kEthernet, kSlip, kDatagram).
inline constexpr hal::LinkKind kBoardLink = hal::LinkKind::TINYML_BOARD_LINK;
using BoardNetwork = Network<kBoardLink>;
using BoardNetworkOver = NetworkOver<kBoardLink>;
#endif

} // namespace tinyml::net
