// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/station.hpp"

#include "os/net/checksum.hpp"
#include "os/net/ip_layer.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace tinyml::tender {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kIpAt = net::kEthernetHeaderBytes;
constexpr std::size_t kIcmpAt = kIpAt + net::kIpv4HeaderBytes;
constexpr std::size_t kDataAt = kIcmpAt + net::kIcmpHeaderBytes;
constexpr std::uint8_t kEchoRequest = 8;
constexpr std::uint16_t kPingIdentifier = 0x746D;

std::uint8_t pattern(std::size_t size, std::size_t i) {
  return static_cast<std::uint8_t>(size + i * 7);
}

/// An ICMP echo request (RFC 792) without its Ethernet header.
std::vector<std::uint8_t> echo_request(net::Ipv4Address from, net::Ipv4Address to,
                                       std::uint16_t sequence, std::size_t data_bytes) {
  std::vector<std::uint8_t> frame(kDataAt + data_bytes);
  frame[kIcmpAt] = kEchoRequest;
  net::put_be16(&frame[kIcmpAt + 4], kPingIdentifier);
  net::put_be16(&frame[kIcmpAt + 6], sequence);
  for (std::size_t i = 0; i < data_bytes; ++i) {
    frame[kDataAt + i] = pattern(data_bytes, i);
  }
  const ByteView message = ByteView(frame).subspan(kIcmpAt);
  net::put_be16(&frame[kIcmpAt + 2], net::checksum_finish(net::checksum_add(0, message)));
  net::write_ipv4_header(&frame[kIpAt], net::IpProtocol::kIcmp, from, to, message.size());
  return frame;
}

/// Is the frame the whole and right answer to that request?
bool is_echo_answer(ByteView frame, std::uint16_t sequence, std::size_t data_bytes) {
  if (frame.size() < kDataAt + data_bytes ||
      net::frame_type(frame.data()) != net::EtherType::kIpv4 ||
      frame[kIpAt + 9] != static_cast<std::uint8_t>(net::IpProtocol::kIcmp)) {
    return false;
  }
  const ByteView message = frame.subspan(kIcmpAt, net::kIcmpHeaderBytes + data_bytes);
  bool good = net::get_be16(message.data()) == 0 &&
              net::checksum_finish(net::checksum_add(0, message)) == 0 &&
              net::get_be16(message.data() + 4) == kPingIdentifier &&
              net::get_be16(message.data() + 6) == sequence &&
              net::get_be16(&frame[kIpAt + 2]) == net::kIpv4HeaderBytes + message.size();
  for (std::size_t i = 0; good && i < data_bytes; ++i) {
    good = frame[kDataAt + i] == pattern(data_bytes, i);
  }
  return good;
}

} // namespace

Expected<Station> Station::join(std::uint16_t switch_port, Identity identity) {
  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(switch_port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!socket.valid() ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&to), sizeof to) != 0) {
    return fail(ErrorCode::kUnavailable, "cannot reach the switch on UDP port " +
                                             std::to_string(switch_port) + ": " +
                                             std::strerror(errno));
  }
  Station station(std::move(socket), identity);
  station.announce();
  return station;
}

/// The switch learns its stations from what they send (an ARP announcement, RFC 5227 section 3).
void Station::announce() {
  Bytes question(net::kArpFrameBytes);
  net::write_arp_question(question.data(), identity_.mac, identity_.address, identity_.address);
  send_frame(question);
}

bool Station::send_frame(ByteView frame) {
  return ::send(socket_.get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size());
}

Station::Bytes Station::receive_frame(Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now());
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(std::max<Milliseconds::rep>(left.count(), 0))) <= 0) {
      return {};
    }
    Bytes frame(2048);
    const ssize_t size = ::recv(socket_.get(), frame.data(), frame.size(), 0);
    if (size < 0) { // nobody listens on the switch's port
      return {};
    }
    frame.resize(static_cast<std::size_t>(size));
    const bool for_us = frame.size() >= net::kEthernetHeaderBytes &&
                        (net::is_group_frame(frame.data()) ||
                         net::frame_destination(frame.data()) == identity_.mac);
    if (for_us && !answered_arp(frame)) {
      return frame;
    }
  }
}

bool Station::answered_arp(Bytes &frame) {
  if (net::frame_type(frame.data()) != net::EtherType::kArp || !net::is_arp(frame) ||
      net::arp_target(frame.data()) != identity_.address) {
    return false;
  }
  neighbours_[net::arp_sender(frame.data()).bits] = net::arp_sender_mac(frame.data());
  if (net::arp_operation(frame.data()) != net::ArpOperation::kQuestion) {
    return false;
  }
  net::answer_arp(frame.data(), identity_.mac, identity_.address);
  send_frame(ByteView(frame).first(net::kArpFrameBytes));
  return true;
}

std::optional<net::MacAddress> Station::resolve(net::Ipv4Address address, Milliseconds limit) {
  constexpr int kTries = 3;
  for (int i = 0; i < kTries && !neighbours_.contains(address.bits); ++i) {
    Bytes question(net::kArpFrameBytes);
    net::write_arp_question(question.data(), identity_.mac, identity_.address, address);
    send_frame(question);
    const auto deadline = Clock::now() + limit / kTries;
    while (!neighbours_.contains(address.bits) && !receive_frame(deadline).empty()) {
    }
  }
  const auto found = neighbours_.find(address.bits);
  return found == neighbours_.end() ? std::nullopt : std::optional(found->second);
}

bool Station::send_packet(net::Ipv4Address to, Bytes &frame) {
  const auto mac = resolve(to, std::chrono::seconds(3));
  if (!mac || frame.size() > net::kEthernetFrameBytes) {
    return false;
  }
  net::write_ethernet_header(frame.data(), *mac, identity_.mac, net::EtherType::kIpv4);
  return send_frame(frame);
}

std::optional<std::chrono::nanoseconds> Station::ping(net::Ipv4Address address,
                                                      std::size_t data_bytes, Milliseconds limit) {
  const std::uint16_t sequence = ++pings_;
  Bytes request = echo_request(identity_.address, address, sequence, data_bytes);
  if (!resolve(address, limit)) {
    return std::nullopt;
  }
  const auto start = Clock::now();
  if (!send_packet(address, request)) {
    return std::nullopt;
  }
  for (;;) {
    const Bytes frame = receive_frame(start + limit);
    if (frame.empty()) {
      return std::nullopt;
    }
    if (is_echo_answer(frame, sequence, data_bytes)) {
      return Clock::now() - start;
    }
  }
}

bool Station::send(net::Endpoint to, std::uint16_t from_port, ByteView payload) {
  constexpr std::size_t kHeaders = kIpAt + net::kDatagramHeaderBytes;
  Bytes frame(kHeaders);
  frame.insert(frame.end(), payload.begin(), payload.end());
  net::write_datagram(&frame[kIpAt], {identity_.address, from_port}, to, payload.size());
  return send_packet(to.address, frame);
}

std::optional<Station::Datagram> Station::receive(Milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  for (;;) {
    Bytes frame = receive_frame(deadline);
    if (frame.empty()) {
      return std::nullopt;
    }
    if (net::frame_type(frame.data()) != net::EtherType::kIpv4) {
      continue;
    }
    net::Counters counters;
    std::optional<net::Datagram> datagram;
    const ByteSpan packet = ByteSpan(frame).subspan(kIpAt);
    const ByteSpan answer =
        net::receive_packet(packet, identity_.address, net::kDhcpClientPort, counters, datagram);
    if (answer.empty() && datagram && datagram->local_port != net::kDhcpClientPort) {
      return Datagram{datagram->peer, datagram->local_port,
                      Bytes(datagram->payload.begin(), datagram->payload.end())};
    }
  }
}

} // namespace tinyml::tender
