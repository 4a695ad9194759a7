// SPDX-License-Identifier: Apache-2.0
// The HAL of a program inside of another firmware: every call goes to the table that the firmware
// lent.
#include "os/hosted/guest.hpp"

#include <algorithm>

namespace tinyml::hal {

namespace {

const hosted::Host &host() { return *hosted::the_host; }

} // namespace

const BootInfo &boot_info() {
  static BootInfo info = {.abi_version = kAbiVersion,
                          .board = nullptr,
                          .link = LinkKind::kDatagram,
                          .mac = {},
                          .mtu_bytes = 1500,
                          .cycle_hz = 1'000'000'000,
                          .reset_reason = 0};
  info.board = host().board;
  info.reset_reason = host().reset_reason;
  return info;
}

void console_write(std::string_view text) { host().console_write(text.data(), text.size()); }

std::uint64_t monotonic_ns() { return host().monotonic_ns() - hosted::start_ns; }
std::uint64_t wall_clock_ns() { return host().wall_clock_ns(); }
std::uint64_t cycle_count() { return host().monotonic_ns(); }

/// In slices, so that a stop of the whole task is noticed soon.
bool wait_until(std::uint64_t deadline_ns) {
  constexpr std::uint64_t kSliceNs = 100'000'000;
  constexpr std::uint32_t kNanosecondsPerMs = 1'000'000;
  for (;;) {
    const std::uint64_t now = monotonic_ns();
    const std::uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
    const auto slice = static_cast<std::uint32_t>(std::min(left, kSliceNs));
    if (host().wait_for_datagram((slice + kNanosecondsPerMs - 1) / kNanosecondsPerMs)) {
      return true;
    }
    if (left == 0) {
      return false;
    }
  }
}

Status net_send(ByteView frame) {
  if (frame.size() < sizeof(DatagramHeader)) {
    return Status::kInvalid;
  }
  DatagramHeader to;
  std::memcpy(&to, frame.data(), sizeof(to));
  return host().send(&to, frame.data() + sizeof(to), frame.size() - sizeof(to));
}

std::size_t net_receive(ByteSpan buffer) {
  if (buffer.size() < sizeof(DatagramHeader)) {
    return 0;
  }
  const ByteSpan payload = buffer.subspan(sizeof(DatagramHeader));
  for (;;) {
    DatagramHeader from;
    const std::size_t size = host().receive(&from, payload.data(), payload.size());
    if (size == hosted::kNoDatagram) {
      return 0;
    }
    if (size <= payload.size()) {
      std::memcpy(buffer.data(), &from, sizeof(from));
      return sizeof(from) + size;
    }
  }
}

const StoreInfo &store_info() { return host().store; }
Status store_read(std::uint32_t offset, ByteSpan to) {
  return host().store_read(offset, to.data(), to.size());
}
Status store_erase(std::uint32_t offset, std::uint32_t size_bytes) {
  return host().store_erase(offset, size_bytes);
}
Status store_write(std::uint32_t offset, ByteView from) {
  return host().store_write(offset, from.data(), from.size());
}

Status entropy(ByteSpan to) { return host().random(to.data(), to.size()); }

Retained &retained() { return *host().retained; }

void reset() { hosted::leave(hosted::kRestart, 0); }
void exit(int code) { hosted::leave(hosted::kEnded, code); }

} // namespace tinyml::hal

const tinyml::boot::ServiceTable *tinyml::boot::services() {
  return tinyml::hosted::the_host->services;
}
