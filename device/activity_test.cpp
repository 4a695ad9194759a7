// SPDX-License-Identifier: Apache-2.0
// What a program gives its activity: requests, answers to its own, and time without pauses.
#include "device/test_machine.hpp"

#include <gtest/gtest.h>

namespace tinyml::device {
namespace {

constexpr coap::PeerId kPeer{(std::uint64_t{0x0A000002} << 16) | 7777};

/// Works in slices until it has done `work`, then asks a peer, who is not the server.
struct Worker {
  static constexpr bool kPresent = true;
  static constexpr std::string_view kLinks = "</work>";
  static constexpr coap::Parameters kCoap = {.nstart = 2};
  template <typename Default> struct Limits : Default {
    static constexpr std::size_t kExchanges = Default::kExchanges + 1;
  };

  static inline unsigned work, polls, answers, timeouts, requests;

  template <typename Context> class In {
  public:
    explicit In(const Context &context) : coap_(context.coap) {}

    bool handle(const coap::Event &event, coap::Millis now_ms) {
      if (event.kind == coap::EventKind::kRequest && event.message.path_is("work")) {
        ++requests;
        coap::Draft draft = coap_.reply(event.request, coap::Code::kChanged);
        coap_.send(draft, now_ms);
        return true;
      }
      if (!is_activity_tag(event.tag)) {
        return false;
      }
      answers += event.kind == coap::EventKind::kResponse ? 1 : 0;
      timeouts += event.kind == coap::EventKind::kTimeout ? 1 : 0;
      return true;
    }
    void poll(coap::Millis now_ms) {
      ++polls;
      if (work == 0 || --work != 0) {
        return;
      }
      coap::Draft draft = coap_.request(kPeer, coap::Code::kGet);
      draft.message.path("task");
      coap_.send(draft, now_ms, kActivityTag | 1);
    }
    [[nodiscard]] coap::Millis next_deadline_ms() const { return work != 0 ? 0 : coap::kNever; }
    void forget() {}

  private:
    typename Context::Coap &coap_;
  };
};

class Activity : public testing::Test {
protected:
  Activity() {
    world = &machine;
    hal::retained().validate();
    start.identity.endpoint = Text<image::kMaxEndpointBytes>("dev");
    start.identity.server = coap::ipv4_of(kServer);
    start.identity.seed = 7;
    start.layout = store::layout_of(hal::store_info());
    Worker::work = Worker::polls = Worker::answers = Worker::timeouts = Worker::requests = 0;
    program.emplace(start);
  }
  void step(unsigned times) {
    for (unsigned i = 0; i < times; ++i) {
      ASSERT_TRUE(program->step());
    }
  }

  World machine;
  Start start;
  std::optional<Program<TestNetwork, NoModule, Worker>> program;
};

TEST_F(Activity, WorksWithoutPausesWhileTheDeviceRegisters) {
  Worker::work = 1000;
  step(500);
  EXPECT_EQ(Worker::polls, 500U);
  EXPECT_EQ(machine.true_ns, 0U) << "it waited although there was work";
  EXPECT_NE(machine.server.registry().find("dev"), nullptr);
}

TEST_F(Activity, LearnsThatAPeerDoesNotAnswer) {
  machine.connected = false;
  Worker::work = 1;
  step(400);
  EXPECT_EQ(Worker::timeouts, 1U);
  EXPECT_EQ(Worker::answers, 0U);
  EXPECT_GT(machine.true_ns, 30'000 * kMs) << "it did not sleep in between";
}

TEST_F(Activity, TakesRequestsToItsResources) {
  step(50);
  std::uint8_t bytes[64];
  coap::MessageBuilder request(bytes, coap::Type::kConfirmable, coap::Code::kGet, 99,
                               coap::Token());
  request.path("work");
  const ByteView message = request.bytes();
  machine.inbox.emplace_back(message.begin(), message.end());
  step(2);
  EXPECT_EQ(Worker::requests, 1U);
}

} // namespace
} // namespace tinyml::device
