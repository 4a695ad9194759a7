// SPDX-License-Identifier: Apache-2.0
// Host only: a machine of numbers below whole device programs, for one test program's only source
// file.
#pragma once

#include "device/program.hpp"
#include "os/events.hpp"
#include "protocol/lwm2m/test_server.hpp"

#include <cstring>
#include <deque>
#include <functional>
#include <vector>

namespace tinyml {

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr coap::PeerId kServer{(std::uint64_t{0x7F000001} << 16) | 5683};
constexpr coap::PeerId kDevice{(std::uint64_t{0x7F000001} << 16) | 40000};

/// The machine, its server and the cable between them. Two clocks: the true one, and what the
/// machine takes for it.
struct World {
  std::uint64_t true_ns = 0;
  std::uint64_t jumped_ns = 0; ///< the machine's clock is ahead by
  std::uint64_t waits = 0;
  bool connected = true;
  lwm2m::TestServer server;
  std::deque<std::vector<std::uint8_t>> inbox;

  void serve() {
    server.poll(true_ns / kMs);
    for (const auto &datagram : server.take_outgoing()) {
      if (connected) {
        inbox.push_back(datagram.bytes);
      }
    }
  }
};
World *world;

} // namespace

namespace hal {

std::uint64_t monotonic_ns() { return world->true_ns + world->jumped_ns; }
std::uint64_t wall_clock_ns() { return 0; }
std::uint64_t cycle_count() { return world->true_ns; }
void console_write(std::string_view) {}
Status entropy(ByteSpan) { return Status::kUnsupported; }

/// Time passes here alone; at most a second at once, since the server has timers too.
bool wait_until(std::uint64_t deadline_ns) {
  ++world->waits;
  world->serve();
  const std::uint64_t now = monotonic_ns();
  if (world->inbox.empty() && deadline_ns > now) {
    world->true_ns += std::min<std::uint64_t>(deadline_ns - now, 1000 * kMs);
    world->serve();
  }
  return !world->inbox.empty();
}

Status net_send(ByteView frame) {
  if (world->connected) {
    world->server.receive(kDevice, frame.subspan(sizeof(DatagramHeader)), world->true_ns / kMs);
  }
  return Status::kOk;
}

std::size_t net_receive(ByteSpan buffer) {
  if (world->inbox.empty()) {
    return 0;
  }
  const std::uint8_t from[] = {127, 0, 0, 1, 5683 >> 8, 5683 & 255};
  const auto datagram = world->inbox.front();
  world->inbox.pop_front();
  std::memcpy(buffer.data(), from, sizeof(from));
  std::memcpy(buffer.data() + sizeof(from), datagram.data(), datagram.size());
  return sizeof(from) + datagram.size();
}

const BootInfo &boot_info() {
  static const BootInfo kInfo = {.abi_version = kAbiVersion,
                                 .board = "test",
                                 .link = LinkKind::kDatagram,
                                 .mac = {},
                                 .mtu_bytes = 1500,
                                 .cycle_hz = 1'000'000'000,
                                 .reset_reason = 0};
  return kInfo;
}
const StoreInfo &store_info() {
  static constexpr StoreInfo kInfo = {
      .size_bytes = 1U << 20, .sector_bytes = 4096, .program_bytes = 16};
  return kInfo;
}
Status store_read(std::uint32_t, ByteSpan to) {
  std::ranges::fill(to, std::uint8_t{0xFF});
  return Status::kOk;
}
Status store_erase(std::uint32_t, std::uint32_t) { return Status::kOk; }
Status store_write(std::uint32_t, ByteView) { return Status::kOk; }

} // namespace hal

const boot::ServiceTable *boot::services() { return nullptr; }

namespace device {
namespace {

using TestNetwork = net::NetworkOver<hal::LinkKind::kDatagram>;

struct NoModule {
  static constexpr bool kPresent = false;
  static const module::ModuleInfo *info() { return nullptr; }
  static std::uint8_t *arena() { return nullptr; }
  static void run() {}
  static ByteSpan workspace() { return {}; }
  static ByteSpan frame() {
    alignas(4) static std::uint8_t bytes[TestNetwork::kFrameBytes];
    return bytes;
  }
};

} // namespace
} // namespace device
} // namespace tinyml
