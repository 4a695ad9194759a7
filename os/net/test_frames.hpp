// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/net/ethernet_stack.hpp"

#include <initializer_list>
#include <string_view>
#include <vector>

/// Frames for tests, built by hand from the RFCs and independent of the stack's own writers where
/// it matters.
namespace tinyml::net::test {

using Bytes = std::vector<std::uint8_t>;

inline constexpr MacAddress kOwnMac{0x02, 0, 0, 0, 0, 0x01};
inline constexpr MacAddress kPeerMac{0x02, 0, 0, 0, 0, 0x02};
inline constexpr Ipv4Address kOwn = Ipv4Address::of(10, 77, 0, 2);
inline constexpr Ipv4Address kPeer = Ipv4Address::of(10, 77, 0, 1);
inline constexpr Ipv4Address kMask = Ipv4Address::of(255, 255, 0, 0);

inline void append(Bytes &to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

inline std::uint16_t naive_sum(ByteView bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += static_cast<std::uint32_t>(bytes[i]) << ((i & 1) == 0 ? 8 : 0);
  }
  while (sum > 0xFFFF) {
    sum = (sum & 0xFFFF) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(~sum);
}

inline void set_be16(Bytes &bytes, std::size_t at, std::size_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

inline void append_be32(Bytes &to, std::uint32_t value) {
  std::uint8_t bytes[4];
  store_be(bytes, value);
  append(to, bytes);
}

inline Bytes ipv4(Ipv4Address from, Ipv4Address to, std::uint8_t protocol, ByteView payload,
                  ByteView options = {}) {
  Bytes packet{static_cast<std::uint8_t>(0x45 + options.size() / 4),
               0,
               0,
               0,
               0x12,
               0x34,
               0,
               0,
               64,
               protocol,
               0,
               0};
  append_be32(packet, from.bits);
  append_be32(packet, to.bits);
  append(packet, options);
  set_be16(packet, 2, packet.size() + payload.size());
  set_be16(packet, 10, naive_sum(packet));
  append(packet, payload);
  return packet;
}

inline Bytes udp(Endpoint from, Endpoint to, ByteView payload) {
  Bytes bytes{static_cast<std::uint8_t>(from.port >> 8),
              static_cast<std::uint8_t>(from.port),
              static_cast<std::uint8_t>(to.port >> 8),
              static_cast<std::uint8_t>(to.port),
              0,
              0,
              0,
              0};
  append(bytes, payload);
  set_be16(bytes, 4, bytes.size());
  Bytes pseudo;
  append_be32(pseudo, from.address.bits);
  append_be32(pseudo, to.address.bits);
  append(pseudo, Bytes{0, 17, bytes[4], bytes[5]});
  append(pseudo, bytes);
  const std::uint16_t sum = naive_sum(pseudo);
  set_be16(bytes, 6, sum == 0 ? 0xFFFF : sum);
  return ipv4(from.address, to.address, 17, bytes);
}

inline Bytes echo_request(Ipv4Address from, Ipv4Address to, ByteView data, ByteView options = {}) {
  Bytes message{8, 0, 0, 0, 0xBE, 0xEF, 0, 7};
  append(message, data);
  set_be16(message, 2, naive_sum(message));
  return ipv4(from, to, 1, message, options);
}

inline Bytes ethernet(const MacAddress &to, const MacAddress &from, std::uint16_t type,
                      ByteView payload) {
  Bytes frame;
  append(frame, to);
  append(frame, from);
  append(frame, Bytes{static_cast<std::uint8_t>(type >> 8), static_cast<std::uint8_t>(type)});
  append(frame, payload);
  frame.resize(std::max<std::size_t>(frame.size(), 60)); // as on a wire
  return frame;
}

inline Bytes arp(std::uint16_t operation, const MacAddress &sender_mac, Ipv4Address sender,
                 const MacAddress &target_mac, Ipv4Address target) {
  Bytes bytes{0, 1, 8, 0, 6, 4, 0, static_cast<std::uint8_t>(operation)};
  append(bytes, sender_mac);
  append_be32(bytes, sender.bits);
  append(bytes, target_mac);
  append_be32(bytes, target.bits);
  return bytes;
}

/// receive_packet() with both results side by side.
struct Received {
  std::optional<Datagram> datagram;
  ByteSpan answer;
};

inline Received receive(ByteSpan packet, Ipv4Address own, Counters &counters) {
  Received received;
  received.answer = receive_packet(packet, own, kDhcpClientPort, counters, received.datagram);
  return received;
}

/// A stack with its frame buffer and a link that keeps what was sent.
struct Station {
  explicit Station(const StackConfig &config, std::size_t frame_bytes = kEthernetFrameBytes)
      : frame(frame_bytes), stack(config, frame) {}

  /// Delivers a frame as a driver does: into the buffer the stack names, dropped when too long.
  /// Returns the payload of the datagram that came out, if any.
  std::optional<Datagram> deliver(ByteView bytes) {
    const ByteSpan buffer = stack.receive_buffer();
    if (bytes.size() > buffer.size()) {
      return std::nullopt;
    }
    std::copy(bytes.begin(), bytes.end(), buffer.begin());
    return stack.handle_frame(buffer.first(bytes.size()), now_ns);
  }

  /// Everything the stack wants to send now.
  std::vector<Bytes> sent() {
    std::vector<Bytes> frames;
    for (ByteView out = stack.poll(now_ns); !out.empty(); out = stack.poll(now_ns)) {
      frames.emplace_back(out.begin(), out.end());
    }
    return frames;
  }

  Bytes frame;
  EthernetStack stack;
  std::uint64_t now_ns = kNanosPerSecond;
};

inline StackConfig static_config() {
  return {.mac = kOwnMac, .random_seed = 1, .fixed = {kOwn, kMask, kPeer}};
}

} // namespace tinyml::net::test
