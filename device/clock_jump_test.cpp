// SPDX-License-Identifier: Apache-2.0
// The whole device program on a machine whose clock jumps, with a server whose clock does not.
#include "device/test_machine.hpp"

#include <gtest/gtest.h>
#include <random>

namespace tinyml::device {
namespace {

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

TEST_F(ClockJump, BackwardsByAnyTimeLeavesTheDeviceRegistered) {
  machine.jumped_ns = 700'000'000 * kMs;
  ASSERT_TRUE(steps_until([&] { return registered(); }));
  const unsigned noted = jumps_noted();
  for (const std::uint64_t step_s : {1ULL, 59ULL, 3600ULL, 86'400ULL, 500'000ULL}) {
    machine.jumped_ns -= step_s * 1000 * kMs;
    const std::uint64_t waits = machine.waits;
    ASSERT_TRUE(heard_again()) << step_s << " s";
    EXPECT_LT(machine.waits - waits, 500U) << "busy after a step of " << step_s << " s";
  }
  EXPECT_EQ(jumps_noted(), noted);
}

TEST_F(ClockJump, BackAndForthInTheMiddleOfAnyExchangeIsNoHang) {
  std::mt19937 random(12);
  constexpr std::uint64_t kDayNs = 86'400'000 * kMs;
  machine.jumped_ns = 2 * kDayNs;
  for (int round = 0; round < 200; ++round) {
    const auto steps = std::uniform_int_distribution<>(0, 6)(random);
    for (int i = 0; i < steps; ++i) {
      ASSERT_TRUE(program->step());
    }
    machine.jumped_ns = std::uniform_int_distribution<std::uint64_t>(0, 2 * kDayNs)(random);
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
} // namespace tinyml::device
