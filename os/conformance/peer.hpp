// SPDX-License-Identifier: Apache-2.0
// Host only: the other end of peer_protocol.hpp.
#pragma once

#include "base/bytes.hpp"
#include "os/conformance/peer_protocol.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace tinyml::conformance {

/// What stands before a message on the peer's side of the link. SLIP boards are reached as Ethernet
/// stations: whoever joins the line to the switch adds and takes away the Ethernet header.
enum class PeerFraming { kNone, kEthernet, kIpOverEthernet };

/// Behind a UDP socket: a station on the switch, or of a hosted board.
class Peer {
public:
  Peer(PeerFraming framing, std::uint16_t port) : framing_(framing) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (::connect(socket_, reinterpret_cast<const sockaddr *>(&to), sizeof(to)) != 0) {
      throw std::runtime_error("the peer has no socket");
    }
  }
  ~Peer() { ::close(socket_); }
  Peer(const Peer &) = delete;
  Peer &operator=(const Peer &) = delete;

  [[nodiscard]] bool heard_anything() const { return heard_anything_; }

  void say_hello() {
    std::vector<std::uint8_t> hello = header();
    hello.resize(header_bytes() + kMinMessageBytes);
    hello[header_bytes()] = kHello;
    send(hello);
  }

  /// Answers what comes within the time.
  void serve_for(std::chrono::milliseconds time) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + time;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
      pollfd waiting{socket_, POLLIN, 0};
      if (left.count() < 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
        return;
      }
      std::vector<std::uint8_t> frame(2048);
      const ssize_t size = ::recv(socket_, frame.data(), frame.size(), 0);
      frame.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
      if (turn_around(frame)) {
        answer(std::move(frame));
      }
    }
  }

private:
  static constexpr std::size_t kEthernetHeaderBytes = 14;
  static constexpr std::size_t kIpHeaderBytes = 20;
  static constexpr std::uint8_t kMac[6] = {0x02, 0, 0, 0, 0, 0x01};

  [[nodiscard]] std::size_t header_bytes() const {
    return framing_ == PeerFraming::kNone       ? 0
           : framing_ == PeerFraming::kEthernet ? kEthernetHeaderBytes
                                                : kEthernetHeaderBytes + kIpHeaderBytes;
  }

  /// To everybody, until we know better.
  [[nodiscard]] std::vector<std::uint8_t> header() const {
    std::vector<std::uint8_t> bytes(header_bytes(), 0xFF);
    if (framing_ != PeerFraming::kNone) {
      std::copy_n(kMac, 6, bytes.data() + 6);
      store_be(bytes.data() + 12,
               framing_ == PeerFraming::kEthernet ? kEtherType : std::uint16_t{0x0800});
    }
    if (framing_ == PeerFraming::kIpOverEthernet) {
      constexpr std::uint8_t kFromGatewayToSecond[kIpHeaderBytes] = {
          0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, kIpProtocol, 0, 0, 10, 77, 0, 99, 10, 77, 0, 2};
      std::copy_n(kFromGatewayToSecond, kIpHeaderBytes, bytes.data() + kEthernetHeaderBytes);
    }
    return bytes;
  }

  /// Makes the sender of a frame its receiver; false when it is none of ours.
  [[nodiscard]] bool turn_around(std::vector<std::uint8_t> &frame) const {
    if (frame.size() <= header_bytes()) {
      return false;
    }
    if (framing_ != PeerFraming::kNone) {
      std::copy_n(frame.data() + 6, 6, frame.data());
      std::copy_n(kMac, 6, frame.data() + 6);
    }
    std::uint8_t *ip = frame.data() + kEthernetHeaderBytes;
    if (framing_ == PeerFraming::kIpOverEthernet) {
      std::swap_ranges(ip + 12, ip + 16, ip + 16);
      return load_be<std::uint16_t>(frame.data() + 12) == 0x0800 && ip[9] == kIpProtocol;
    }
    return framing_ == PeerFraming::kNone ||
           load_be<std::uint16_t>(frame.data() + 12) == kEtherType;
  }

  void answer(std::vector<std::uint8_t> frame) {
    std::uint8_t *message = frame.data() + header_bytes();
    heard_anything_ = heard_anything_ || message[0] != kHere;
    switch (message[0]) {
    case kEcho:
      message[0] = kEchoed;
      send(frame);
      break;
    case kBurst:
      send_burst(std::move(frame));
      break;
    case kFloodPart:
      if (message[1] == flood_parts_) {
        ++flood_parts_;
      }
      break;
    case kCount:
      message[0] = kCounted;
      message[1] = std::exchange(flood_parts_, std::uint8_t{0});
      send(frame);
      break;
    default:
      break;
    }
  }

  void send_burst(std::vector<std::uint8_t> frame) {
    const std::uint8_t count = frame[header_bytes() + 1];
    frame.resize(header_bytes() + kBurstMessageBytes);
    for (std::uint8_t i = 0; i < count; ++i) {
      frame[header_bytes()] = kBurstPart;
      frame[header_bytes() + 1] = i;
      send(frame);
    }
  }

  void send(std::vector<std::uint8_t> frame) const {
    if (framing_ == PeerFraming::kIpOverEthernet) {
      finish_ip_header(frame.data() + kEthernetHeaderBytes, frame.size() - kEthernetHeaderBytes);
    }
    (void)::send(socket_, frame.data(), frame.size(), 0);
  }

  static void finish_ip_header(std::uint8_t *ip, std::size_t packet_bytes) {
    store_be(ip + 2, static_cast<std::uint16_t>(packet_bytes));
    store_be(ip + 10, std::uint16_t{0});
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < kIpHeaderBytes; i += 2) {
      sum += load_be<std::uint16_t>(ip + i);
    }
    sum = (sum & 0xFFFF) + (sum >> 16);
    store_be(ip + 10, static_cast<std::uint16_t>(~(sum + (sum >> 16))));
  }

  PeerFraming framing_;
  int socket_ = -1;
  std::uint8_t flood_parts_ = 0;
  bool heard_anything_ = false;
};

} // namespace tinyml::conformance
