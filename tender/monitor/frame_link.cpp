// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/frame_link.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace tinyml::tender {

Expected<FrameLink> FrameLink::plug_in(std::uint16_t switch_port) {
  FrameLink link;
  link.socket_ = FileDescriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto *generic = reinterpret_cast<const sockaddr *>(&address);
  if (!link.socket_.valid() || ::bind(link.fd(), generic, sizeof(address)) != 0) {
    return fail(ErrorCode::kResourceFull,
                std::string("no UDP port on 127.0.0.1 can be had: ") + std::strerror(errno));
  }
  // Connected: frames from anybody but the switch are not taken.
  address.sin_port = htons(switch_port);
  if (::connect(link.fd(), generic, sizeof(address)) != 0) {
    return fail(ErrorCode::kUnavailable,
                std::string("the switch cannot be reached: ") + std::strerror(errno));
  }
  return link;
}

Devices::Received FrameLink::receive(std::span<kvm::FrameSlot> slots) {
  if (!socket_.valid()) {
    return {};
  }
  mmsghdr messages[kvm::kReceiveSlots] = {};
  iovec pieces[kvm::kReceiveSlots];
  const std::size_t room = std::min<std::size_t>(slots.size(), kvm::kReceiveSlots);
  for (std::size_t i = 0; i < room; ++i) {
    pieces[i] = {slots[i].frame, kvm::FrameSlot::kLargestFrame};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int got = ::recvmmsg(fd(), messages, static_cast<unsigned>(room), MSG_DONTWAIT, nullptr);
  Devices::Received received;
  received.all = got < static_cast<int>(room);
  for (int i = 0; i < got; ++i) {
    const bool whole = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) == 0;
    if (!whole || messages[i].msg_len == 0) {
      continue;
    }
    kvm::FrameSlot &slot = slots[received.frames];
    if (received.frames != static_cast<std::uint32_t>(i)) {
      std::memcpy(slot.frame, slots[static_cast<std::size_t>(i)].frame, messages[i].msg_len);
    }
    slot.size_bytes = static_cast<std::uint16_t>(messages[i].msg_len);
    ++received.frames;
  }
  return received;
}

void FrameLink::send(std::span<const ByteView> frames) {
  if (!socket_.valid()) {
    return;
  }
  mmsghdr messages[kvm::kSendSlots] = {};
  iovec pieces[kvm::kSendSlots];
  const std::size_t count = std::min<std::size_t>(frames.size(), kvm::kSendSlots);
  for (std::size_t i = 0; i < count; ++i) {
    pieces[i] = {const_cast<std::uint8_t *>(frames[i].data()), frames[i].size()};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  // A failure may only report an earlier frame's fate: one more try, then that frame is lost.
  int tries = 2;
  for (std::size_t done = 0; done < count;) {
    const int sent =
        ::sendmmsg(fd(), messages + done, static_cast<unsigned>(count - done), MSG_DONTWAIT);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
    } else if (--tries == 0) {
      ++done;
    } else {
      continue;
    }
    tries = 2;
  }
}

} // namespace tinyml::tender
