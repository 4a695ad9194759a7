// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/udp_relay.hpp"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace tinyml::tender {

UdpRelay::Key UdpRelay::key_of(const net::Endpoint &guest, std::uint16_t host_port) {
  return (Key{guest.address.bits} << 32) | (Key{guest.port} << 16) | host_port;
}

bool UdpRelay::send(const RelayedDatagram &datagram, Time now) {
  const auto found = by_key_.find(key_of(datagram.guest, datagram.host_port));
  Flow *flow = found == by_key_.end() ? open(datagram) : &flows_.at(found->second);
  if (flow == nullptr) {
    return false;
  }
  flow->guest_mac = datagram.guest_mac;
  flow->used = now;
  const auto put = [&] {
    return ::send(flow->socket.get(), datagram.payload.data(), datagram.payload.size(),
                  MSG_DONTWAIT) >= 0;
  };
  // The first call may only report that an earlier datagram found nobody listening.
  return put() || (errno == ECONNREFUSED && put());
}

UdpRelay::Flow *UdpRelay::open(const RelayedDatagram &datagram) {
  if (flows_.size() >= limits_.max_flows) {
    close_least_used();
  }
  FileDescriptor socket = connect(datagram.host_port);
  // Out of descriptors: the least used flow gives its own away.
  if (!socket.valid() && (errno == EMFILE || errno == ENFILE) && close_least_used()) {
    socket = connect(datagram.host_port);
  }
  const int fd = socket.get();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (!socket.valid() || epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
    return nullptr;
  }
  by_key_[key_of(datagram.guest, datagram.host_port)] = fd;
  Flow &flow = flows_[fd];
  flow.socket = std::move(socket);
  flow.guest = datagram.guest;
  flow.host_port = datagram.host_port;
  return &flow;
}

FileDescriptor UdpRelay::connect(std::uint16_t host_port) {
  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(host_port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket.valid() &&
      ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&to), sizeof to) != 0) {
    return FileDescriptor{};
  }
  return socket;
}

std::optional<RelayedDatagram> UdpRelay::receive(int fd, ByteSpan buffer, Time now) {
  const auto found = flows_.find(fd);
  if (found == flows_.end()) {
    return std::nullopt;
  }
  Flow &flow = found->second;
  ssize_t size = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && errno == ECONNREFUSED) {
    size = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  }
  if (size < 0) {
    return std::nullopt;
  }
  flow.used = now;
  return RelayedDatagram{flow.guest_mac, flow.guest, flow.host_port,
                         buffer.first(static_cast<std::size_t>(size))};
}

void UdpRelay::close_idle(Time now) {
  std::erase_if(flows_, [&](const auto &entry) {
    const bool idle = entry.second.used + limits_.idle_limit < now;
    if (idle) {
      forget(entry.second);
    }
    return idle;
  });
}

bool UdpRelay::close_least_used() {
  const auto oldest =
      std::min_element(flows_.begin(), flows_.end(),
                       [](const auto &a, const auto &b) { return a.second.used < b.second.used; });
  if (oldest == flows_.end()) {
    return false;
  }
  forget(oldest->second);
  flows_.erase(oldest);
  return true;
}

/// Closing the descriptor takes it out of the epoll set too.
void UdpRelay::forget(const Flow &flow) { by_key_.erase(key_of(flow.guest, flow.host_port)); }

} // namespace tinyml::tender
