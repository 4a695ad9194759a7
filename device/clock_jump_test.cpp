// SPDX-License-Identifier: Apache-2.0
// The whole device program on a machine whose clock jumps, with a server whose clock does not.
#include "device/program.hpp"
#include "os/events.hpp"
#include "protocol/lwm2m/test_server.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <random>

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
using TestProgram = Program<TestNetwork, NoModule>;

class ClockJump : public testing::Test {
protected:
  ClockJump() {
    world = &machine;
    hal::retained().validate();
    hal::retained().event_count = 0;
    start.identity.endpoint = Text<image::kMaxEndpointBytes>("dev");
    start.identity.server = coap::ipv4_of(kServer);
    start.identity.seed = 7;
    start.layout = store::layout_of(hal::store_info());
    program.emplace(start);
  }

  /// Steps until `done`; false when it did not come about in that many steps, or the device
  /// restarted.
  template <typename Done> bool steps_until(Done done, unsigned most = 5000) {
    for (unsigned i = 0; i < most && !done(); ++i) {
      if (!program->step()) {
        return false;
      }
    }
    return done();
  }
  bool registered() { return machine.server.registry().find("dev") != nullptr; }
  std::uint64_t heard_ms() { return machine.server.registry().find("dev")->updated_ms; }

  /// Whether the server hears of the device again within its lifetime of true time.
  bool heard_again() {
    constexpr std::uint64_t kLifetimeNs = 60'000 * kMs;
    const std::uint64_t before = heard_ms();
    const std::uint64_t end = machine.true_ns + kLifetimeNs;
    return steps_until(
               [&] { return machine.true_ns > end || (registered() && heard_ms() > before); }) &&
           machine.true_ns <= end;
  }

  static unsigned jumps_noted() {
    unsigned noted = 0;
    for (std::uint32_t i = 0; i < events::count(); ++i) {
      noted += events::at(i).id() == events::Id::kClockJump ? 1 : 0;
    }
    return noted;
  }

  World machine;
  Start start;
  std::optional<TestProgram> program;
};

TEST_F(ClockJump, ForwardsByAnyTimeLeavesTheDeviceRegistered) {
  ASSERT_TRUE(steps_until([&] { return registered(); }));
  unsigned jumps = 0;
  for (const std::uint64_t jump_s :
       {1ULL, 59ULL, 61ULL, 3600ULL, 86'400ULL, 4'300'000ULL, 315'000'000ULL /* ten years */}) {
    machine.jumped_ns += jump_s * 1000 * kMs;
    jumps += jump_s > 65 ? 1 : 0;
    const std::uint64_t waits = machine.waits;
    ASSERT_TRUE(heard_again()) << jump_s << " s";
    EXPECT_LT(machine.waits - waits, 500U) << "busy after a jump of " << jump_s << " s";
  }
  EXPECT_GE(jumps_noted(), jumps);
}

TEST_F(ClockJump, InTheMiddleOfAnyExchangeIsNoHang) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    const auto steps = std::uniform_int_distribution<>(0, 6)(random);
    for (int i = 0; i < steps; ++i) {
      ASSERT_TRUE(program->step());
    }
    machine.jumped_ns += std::uniform_int_distribution<std::uint64_t>(0, 7200)(random) * 1000 * kMs;
  }
  ASSERT_TRUE(steps_until([&] { return registered(); }));
  EXPECT_TRUE(heard_again());
}

TEST_F(ClockJump, WhileTheServerIsAwayItComesBackWhenTheServerDoes) {
  ASSERT_TRUE(steps_until([&] { return registered(); }));
  machine.connected = false;
  machine.jumped_ns += 20'000'000 * kMs;
  const std::uint64_t end = machine.true_ns + 600'000 * kMs;
  ASSERT_TRUE(steps_until([&] { return machine.true_ns > end; }, 200'000));
  machine.connected = true;
  const std::uint64_t before = heard_ms();
  EXPECT_TRUE(steps_until([&] { return heard_ms() > before; }, 200'000));
}

} // namespace
} // namespace device
} // namespace tinyml
