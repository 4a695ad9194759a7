// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/frame_socket.hpp"

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace tinyml::tender {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Failure<HostError> cannot_bind(std::uint16_t port, int error) {
  const std::string where = "127.0.0.1:" + std::to_string(port) + "/udp";
  if (error == EADDRINUSE) {
    return fail(ErrorCode::kResourceFull,
                "the switch cannot listen on " + where +
                    ": the port is in use; is another switch running? Stop it or choose another "
                    "port");
  }
  return fail(ErrorCode::kUnavailable,
              "the switch cannot listen on " + where + ": " + std::strerror(error));
}

} // namespace

FrameSocket::FrameSocket(FileDescriptor socket, std::uint16_t port)
    : socket_(std::move(socket)), port_(port), buffers_(kBatch) {}

Expected<FrameSocket> FrameSocket::open(std::uint16_t port) {
  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address = loopback(port);
  auto *generic = reinterpret_cast<sockaddr *>(&address);
  socklen_t length = sizeof address;
  if (!socket.valid() || ::bind(socket.get(), generic, length) != 0 ||
      ::getsockname(socket.get(), generic, &length) != 0) {
    return cannot_bind(port, errno);
  }
  // Room for bursts of a fleet, and news of peers that are gone. Both are optional.
  const int buffer_bytes = 4 << 20;
  const int on = 1;
  // The first call needs a privilege and may exceed the system's limit; the second may not.
  for (const int option : {SO_RCVBUFFORCE, SO_RCVBUF}) {
    if (::setsockopt(socket.get(), SOL_SOCKET, option, &buffer_bytes, sizeof buffer_bytes) == 0) {
      break;
    }
  }
  (void)::setsockopt(socket.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  return FrameSocket(std::move(socket), ntohs(address.sin_port));
}

std::vector<FrameSocket::Received> FrameSocket::receive() {
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> pieces{};
  std::array<sockaddr_in, kBatch> senders{};
  for (std::size_t i = 0; i < kBatch; ++i) {
    pieces[i] = {buffers_[i].data(), kBufferBytes};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = &senders[i];
    messages[i].msg_hdr.msg_namelen = sizeof senders[i];
  }
  const int count = ::recvmmsg(fd(), messages.data(), kBatch, MSG_DONTWAIT, nullptr);
  std::vector<Received> frames;
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i) {
    const bool whole = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) == 0;
    if (whole && senders[i].sin_addr.s_addr == htonl(INADDR_LOOPBACK)) {
      frames.push_back({ntohs(senders[i].sin_port), buffers_[i], messages[i].msg_len});
    }
  }
  return frames;
}

void FrameSocket::queue(PeerPort peer, ByteView frame) { outgoing_.push_back({peer, frame}); }

void FrameSocket::flush() {
  for (std::size_t first = 0; first < outgoing_.size(); first += kBatch) {
    const std::size_t count = std::min(kBatch, outgoing_.size() - first);
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> pieces{};
    std::array<sockaddr_in, kBatch> receivers{};
    for (std::size_t i = 0; i < count; ++i) {
      const Outgoing &out = outgoing_[first + i];
      receivers[i] = loopback(out.peer);
      pieces[i] = {const_cast<std::uint8_t *>(out.frame.data()), out.frame.size()};
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &receivers[i];
      messages[i].msg_hdr.msg_namelen = sizeof receivers[i];
    }
    // A failure stops the batch at one message, often only to report an earlier one's fate: that
    // message gets a second try and is then lost, as on a real wire.
    int tries = 2;
    for (std::size_t done = 0; done < count;) {
      const int sent =
          ::sendmmsg(fd(), &messages[done], static_cast<unsigned>(count - done), MSG_DONTWAIT);
      if (sent > 0) {
        done += static_cast<std::size_t>(sent);
        tries = 2;
      } else if (--tries == 0) {
        ++done;
        tries = 2;
      }
    }
  }
  outgoing_.clear();
}

std::vector<PeerPort> FrameSocket::take_dead_peers() {
  std::vector<PeerPort> dead;
  for (;;) {
    sockaddr_in peer{};
    alignas(cmsghdr) std::array<char, 512> control{};
    msghdr message{};
    message.msg_name = &peer;
    message.msg_namelen = sizeof peer;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
      return dead;
    }
    for (cmsghdr *part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
      sock_extended_err error{};
      if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) {
        std::memcpy(&error, CMSG_DATA(part), sizeof error);
      }
      if (error.ee_errno == ECONNREFUSED) {
        dead.push_back(ntohs(peer.sin_port));
      }
    }
  }
}

} // namespace tinyml::tender
