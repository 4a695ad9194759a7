// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/net/test_frames.hpp"
#include "tender/switch/ethernet_switch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <poll.h>
#include <sys/socket.h>

/// For tests of the switch: a device on one side of it, a server of the host on the other.
namespace tinyml::tender::test {

using net::test::Bytes;

/// For what takes no time on an idle machine: others may keep its processors busy.
inline constexpr std::chrono::milliseconds kPatience = std::chrono::seconds(30);

inline std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

/// A UDP socket on loopback, connected to `to` unless that is 0.
struct Socket {
  explicit Socket(std::uint16_t to) : fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto *generic = reinterpret_cast<sockaddr *>(&address);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(fd.get(), generic, length), 0);
    EXPECT_EQ(::getsockname(fd.get(), generic, &length), 0);
    port = ntohs(address.sin_port);
    address.sin_port = htons(to);
    if (to != 0) {
      EXPECT_EQ(::connect(fd.get(), generic, length), 0);
    }
  }

  void send(ByteView bytes) const {
    EXPECT_EQ(::send(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }

  /// The next datagram; empty when none comes in time.
  [[nodiscard]] Bytes receive(std::chrono::milliseconds patience = kPatience) const {
    pollfd waiting{fd.get(), POLLIN, 0};
    Bytes bytes(4096);
    const bool ready = ::poll(&waiting, 1, static_cast<int>(patience.count())) == 1;
    const ssize_t size = ready ? ::recv(fd.get(), bytes.data(), bytes.size(), 0) : 0;
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }

  FileDescriptor fd;
  std::uint16_t port = 0;
};

/// A real UDP server on loopback that answers every datagram with itself.
class EchoServer {
public:
  EchoServer() : socket_(0), thread_([this](const std::stop_token &stop) { serve(stop); }) {}
  [[nodiscard]] std::uint16_t port() const { return socket_.port; }
  [[nodiscard]] std::size_t peers() const { return peers_; }

private:
  void serve(const std::stop_token &stop) {
    std::vector<std::uint16_t> seen;
    while (!stop.stop_requested()) {
      pollfd waiting{socket_.fd.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 20) != 1) {
        continue;
      }
      Bytes bytes(4096);
      sockaddr_in peer{};
      socklen_t length = sizeof peer;
      auto *generic = reinterpret_cast<sockaddr *>(&peer);
      const ssize_t size =
          ::recvfrom(socket_.fd.get(), bytes.data(), bytes.size(), 0, generic, &length);
      if (std::find(seen.begin(), seen.end(), peer.sin_port) == seen.end()) {
        seen.push_back(peer.sin_port);
      }
      peers_ = seen.size();
      (void)!::sendto(socket_.fd.get(), bytes.data(), static_cast<std::size_t>(size), 0, generic,
                      length);
    }
  }

  Socket socket_;
  std::atomic<std::size_t> peers_{0};
  std::jthread thread_;
};

/// A device: the stack of os/net behind a datagram socket, as a board would run it.
struct Guest {
  Guest(std::uint16_t switch_port, std::uint8_t number)
      : link(switch_port),
        stack({.mac = {0x02, 0, 0, 0, 1, number}, .random_seed = number, .fixed = {}}, frame) {}

  void flush() {
    for (ByteView out = stack.poll(now_ns()); !out.empty(); out = stack.poll(now_ns())) {
      link.send(out);
    }
  }

  /// Runs the device until `done` says so or patience ends; the last datagram is kept.
  template <typename Done> bool run_until(Done &&done) {
    const std::uint64_t end = now_ns() + std::chrono::nanoseconds(kPatience).count();
    for (flush(); !done() && now_ns() < end; flush()) {
      const Bytes bytes = link.receive(std::chrono::milliseconds(20));
      const ByteSpan buffer = stack.receive_buffer();
      if (bytes.empty() || bytes.size() > buffer.size()) {
        continue;
      }
      std::copy(bytes.begin(), bytes.end(), buffer.begin());
      if (const auto datagram = stack.handle_frame(buffer.first(bytes.size()), now_ns())) {
        received.assign(datagram->payload.begin(), datagram->payload.end());
        peer = datagram->peer;
      }
    }
    return done();
  }

  bool bind() {
    return run_until([this] { return stack.ready(); });
  }

  Bytes exchange(net::Endpoint with, const Bytes &payload) {
    received.clear();
    EXPECT_EQ(stack.send(with, 5683, payload, now_ns()), net::SendStatus::kSent);
    run_until([this] { return !received.empty(); });
    return received;
  }

  Socket link;
  Bytes frame = Bytes(net::kEthernetFrameBytes);
  net::EthernetStack stack;
  Bytes received;
  net::Endpoint peer;
};

inline std::unique_ptr<SwitchThread> start(SwitchConfig config = {}) {
  auto started = SwitchThread::start(std::move(config));
  EXPECT_TRUE(started) << started.error().message;
  return std::move(*started);
}

inline net::Ipv4Address gateway() { return Subnet{}.gateway; }

} // namespace tinyml::tender::test
