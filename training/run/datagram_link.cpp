// SPDX-License-Identifier: Apache-2.0
#include "training/run/datagram_link.hpp"

#include "tender/switch/station.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace tinyml::coordinator {
namespace {

constexpr std::size_t kDatagramBytes = 2048;
constexpr std::uint16_t kStationPort = 5683;

sockaddr_in socket_address(net::Endpoint endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(endpoint.address.bits);
  address.sin_port = htons(endpoint.port);
  return address;
}

class LoopbackLink : public DatagramLink {
public:
  explicit LoopbackLink(tender::FileDescriptor socket) : socket_(std::move(socket)) {}

  bool send(net::Endpoint to, ByteView payload) override {
    const sockaddr_in address = socket_address(to);
    return ::sendto(socket_.get(), payload.data(), payload.size(), 0,
                    reinterpret_cast<const sockaddr *>(&address), sizeof(address)) >= 0;
  }

  net::Endpoint local() const override {
    sockaddr_in address{};
    socklen_t address_bytes = sizeof(address);
    (void)::getsockname(socket_.get(), reinterpret_cast<sockaddr *>(&address), &address_bytes);
    return {{ntohl(address.sin_addr.s_addr)}, ntohs(address.sin_port)};
  }

  std::optional<Datagram> receive(std::chrono::milliseconds limit) override {
    pollfd wanted{socket_.get(), POLLIN, 0};
    if (::poll(&wanted, 1, static_cast<int>(limit.count())) <= 0) {
      return std::nullopt;
    }
    std::vector<std::uint8_t> bytes(kDatagramBytes);
    sockaddr_in from{};
    socklen_t from_bytes = sizeof(from);
    const ssize_t got = ::recvfrom(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                                   reinterpret_cast<sockaddr *>(&from), &from_bytes);
    if (got < 0) {
      return std::nullopt;
    }
    bytes.resize(static_cast<std::size_t>(got));
    return Datagram{{{ntohl(from.sin_addr.s_addr)}, ntohs(from.sin_port)}, std::move(bytes)};
  }

private:
  tender::FileDescriptor socket_;
};

class SwitchLink : public DatagramLink {
public:
  explicit SwitchLink(tender::Station station) : station_(std::move(station)) {}

  bool send(net::Endpoint to, ByteView payload) override {
    return station_.send(to, kStationPort, payload);
  }

  net::Endpoint local() const override { return {station_.identity().address, kStationPort}; }

  std::optional<Datagram> receive(std::chrono::milliseconds limit) override {
    auto datagram = station_.receive(limit);
    if (!datagram) {
      return std::nullopt;
    }
    return Datagram{datagram->from, std::move(datagram->payload)};
  }

private:
  tender::Station station_;
};

} // namespace

Expected<std::unique_ptr<DatagramLink>> open_loopback_link() {
  tender::FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in any = socket_address({net::Ipv4Address::of(127, 0, 0, 1), 0});
  if (!socket.valid() ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr *>(&any), sizeof(any)) != 0) {
    return fail(ErrorCode::kResourceFull,
                std::string("cannot open a UDP socket on loopback: ") + std::strerror(errno));
  }
  return std::unique_ptr<DatagramLink>(std::make_unique<LoopbackLink>(std::move(socket)));
}

Expected<std::unique_ptr<DatagramLink>> open_switch_link(std::uint16_t switch_port) {
  auto station = tender::Station::join(switch_port, {});
  if (!station.ok()) {
    return Failure{station.error()};
  }
  return std::unique_ptr<DatagramLink>(std::make_unique<SwitchLink>(*std::move(station)));
}

} // namespace tinyml::coordinator
