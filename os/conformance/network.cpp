// SPDX-License-Identifier: Apache-2.0
#include "os/conformance/checks.hpp"
#include "os/conformance/peer_link.hpp"

namespace tinyml::conformance {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
/// For an answer of the peer: a busy host may keep it waiting.
constexpr std::uint64_t kPatience = 10 * kSecond;
constexpr std::uint64_t kWithoutEnd = ~0ULL;
/// At kBurstMessageBytes: what fits in the least memory for received frames of any board.
constexpr std::uint8_t kBurstLength = 8;
constexpr std::uint8_t kFloodLength = 48;

constinit PeerLink peer;

std::uint8_t pattern(std::size_t size, std::size_t i) {
  return static_cast<std::uint8_t>(size * 31 + i * 7);
}

bool send_echo(std::size_t size) {
  std::uint8_t *message = peer.message();
  message[0] = kEcho;
  for (std::size_t i = 1; i < size; ++i) {
    message[i] = pattern(size, i);
  }
  return peer.send(size) == hal::Status::kOk;
}

bool is_echo(ByteView answer, std::size_t size) {
  bool same = answer.size() == size && answer[0] == kEchoed;
  for (std::size_t i = 1; same && i < size; ++i) {
    same = answer[i] == pattern(size, i);
  }
  return same;
}

bool echo(std::size_t size) {
  if (!send_echo(size)) {
    return false;
  }
  for (;;) {
    const ByteSpan answer = peer.receive(kPatience);
    if (answer.empty() || answer[0] == kEchoed) {
      return is_echo(answer, size);
    }
  }
}

bool echoes_of_every_size(Report &report) {
  const std::size_t largest = peer.most_bytes();
  for (std::size_t size = kMinMessageBytes; size <= largest; size += 1 + size / 8) {
    if (!echo(size)) {
      report.figure("echo failed at size", size);
      return false;
    }
  }
  return echo(largest);
}

bool echoes_at_every_alignment() {
  bool good = true;
  for (std::size_t shift = 1; shift <= 4; ++shift) {
    peer.shift(shift % 4);
    good = good && echo(kMinMessageBytes + shift) && echo(200 - shift);
  }
  return good;
}

/// The peer sends while the program looks elsewhere; nothing may be lost and the order must hold.
std::uint32_t burst_parts_received() {
  peer.message()[0] = kBurst;
  peer.message()[1] = kBurstLength;
  (void)peer.send(kMinMessageBytes);
  const std::uint64_t look_again = hal::monotonic_ns() + kSecond / 5;
  while (hal::monotonic_ns() < look_again) {
  }
  std::uint32_t received = 0;
  while (received < kBurstLength) {
    const ByteSpan part = peer.receive(kPatience);
    if (part.empty() || (part[0] == kBurstPart && part[1] != received)) {
      break;
    }
    received += part[0] == kBurstPart ? 1 : 0;
  }
  return received;
}

/// A send queue that is full says so, and empties by itself.
hal::Status send_when_possible(std::size_t size) {
  hal::Status status = peer.send(size);
  for (int tries = 0; tries < 1000 && status == hal::Status::kBusy; ++tries) {
    (void)hal::wait_until(hal::monotonic_ns() + kSecond / 1000);
    status = peer.send(size);
  }
  return status;
}

/// As fast as the board can; the peer counts what comes in order.
std::uint32_t flood_parts_counted() {
  for (std::uint8_t i = 0; i < kFloodLength; ++i) {
    peer.message()[0] = kFloodPart;
    peer.message()[1] = i;
    if (send_when_possible(kBurstMessageBytes) != hal::Status::kOk) {
      return i;
    }
  }
  peer.message()[0] = kCount;
  (void)send_when_possible(kMinMessageBytes);
  const ByteSpan answer = peer.receive(kPatience);
  return !answer.empty() && answer[0] == kCounted ? answer[1] : 0;
}

bool oversized_frame_is_dropped() {
  (void)send_echo(kBurstMessageBytes);
  std::uint8_t small[32];
  const bool came = hal::wait_until(hal::monotonic_ns() + kPatience);
  return came && hal::net_receive(small) == 0 && echo(100);
}

bool frame_that_just_fits_is_taken() {
  constexpr std::size_t kSize = 100;
  (void)send_echo(kSize);
  std::uint8_t exact[kSize + PeerLink::kIpHeaderBytes];
  const std::size_t frame_bytes = peer.header_bytes() + kSize;
  return hal::wait_until(hal::monotonic_ns() + kPatience) &&
         hal::net_receive(ByteSpan(exact).first(frame_bytes)) == frame_bytes &&
         is_echo(ByteView(exact).subspan(peer.header_bytes(), kSize), kSize);
}

bool wait_without_end_ends_with_a_frame() {
  (void)send_echo(kMinMessageBytes);
  return is_echo(peer.receive_until(kWithoutEnd), kMinMessageBytes);
}

bool senseless_frames_are_refused() {
  const ByteSpan all = peer.frame();
  bool refused = hal::net_send({}) == hal::Status::kInvalid &&
                 hal::net_send(all.first(peer.header_bytes() - 1)) == hal::Status::kInvalid;
  if (hal::boot_info().link == hal::LinkKind::kEthernet) {
    const std::uint8_t *beginning = all.data();
    refused = refused &&
              hal::net_send({beginning, PeerLink::kLargestFrameBytes + 1}) == hal::Status::kInvalid;
  }
  return refused;
}

ByteSpan wait_for_hello() {
  ByteSpan hello;
  for (int tries = 0; tries < 100 && hello.empty(); ++tries) {
    peer.announce();
    hello = peer.receive(kSecond / 5);
  }
  return hello;
}

} // namespace

bool check_network(Report &report) {
  if (hal::boot_info().link == hal::LinkKind::kNone) {
    report.skip("network: the board has none");
    return false;
  }
  const ByteSpan hello = wait_for_hello();
  report.check("the peer's hello arrives", !hello.empty());
  if (hello.empty()) {
    return false;
  }
  peer.answer_sender();
  const std::uint64_t start = hal::monotonic_ns();
  report.check("echoes of every size", echoes_of_every_size(report));
  report.figure("time for the echoes, ns", hal::monotonic_ns() - start);
  report.check("echoes at every alignment", echoes_at_every_alignment());
  report.check("a burst is received whole", burst_parts_received() == kBurstLength);
  report.check("a flood is sent whole", flood_parts_counted() == kFloodLength);
  report.check("a frame larger than the buffer is dropped alone", oversized_frame_is_dropped());
  report.check("a frame that just fits is taken", frame_that_just_fits_is_taken());
  report.check("a wait without end ends with a frame", wait_without_end_ends_with_a_frame());
  report.check("a frame of no sense is refused", senseless_frames_are_refused());
  report.check("nothing waits, nothing is received", hal::net_receive(peer.frame()) == 0);
  return true;
}

} // namespace tinyml::conformance
