// SPDX-License-Identifier: Apache-2.0
#include "service/delivery/delivery.hpp"
#include "service/delivery/update_result.hpp"

#include <gtest/gtest.h>

namespace tinyml::service {
namespace {

using lwm2m::UpdateResult;
using lwm2m::UpdateState;

constexpr std::string_view kOurs = "00112233445566778899aabbccddeeff";

std::string text_of(const DeliveryAction &one) {
  static constexpr std::string_view kAsks[] = {"read-running", "read-firmware", "reset",
                                               "write-uri",    "push",          "execute"};
  if (const auto *request = std::get_if<action::Request>(&one)) {
    return std::string(kAsks[static_cast<int>(request->what)]);
  }
  if (const auto *state = std::get_if<action::Enter>(&one)) {
    return "=" + std::string(to_string(state->state));
  }
  return "!" + std::get<action::Fail>(one).code;
}

/// Feeds events and collects the actions as one line of words.
class Script {
public:
  explicit Script(bool push = false, OrderState reached = OrderState::kBuilt)
      : delivery_(std::string(kOurs), push, reached) {}

  std::string start() { return text(delivery_.start(now_)); }
  std::string feed(const DeliveryEvent &event, TimeMs later = 10) {
    now_ += later;
    return text(delivery_.handle(event, now_));
  }
  std::string firmware(UpdateState state, UpdateResult result = UpdateResult::kInitial) {
    return feed(event::Firmware{state, result});
  }
  /// As far as `=delivering` with the URI accepted and the first poll sent.
  void deliver() {
    start();
    feed(event::Running{});
    firmware(UpdateState::kIdle);
    ASSERT_EQ(feed(event::Done{}), "read-firmware");
  }
  /// As far as the device that comes back.
  void reboot() {
    deliver();
    firmware(UpdateState::kDownloaded);
    ASSERT_EQ(feed(event::Done{}), "=rebooting");
    ASSERT_EQ(feed(event::Registered{}), "read-running");
  }
  [[nodiscard]] TimeMs next_tick() const { return delivery_.next_tick_ms(); }
  [[nodiscard]] bool finished() const { return delivery_.finished(); }
  [[nodiscard]] TimeMs now() const { return now_; }
  std::string message;

private:
  std::string text(const std::vector<DeliveryAction> &actions) {
    std::string words;
    for (const DeliveryAction &one : actions) {
      words += (words.empty() ? "" : " ") + text_of(one);
      if (const auto *failure = std::get_if<action::Fail>(&one)) {
        message = failure->message;
      }
    }
    return words;
  }

  Delivery delivery_;
  TimeMs now_ = 1'000'000;
};

TEST(DeliveryTest, goes_the_whole_way_by_pull) {
  Script script;
  EXPECT_EQ(script.start(), "read-running");
  EXPECT_EQ(script.feed(event::Running{}), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kIdle), "=delivering write-uri");
  EXPECT_EQ(script.feed(event::Done{}), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kDownloading), "");
  EXPECT_EQ(script.feed(event::Progress{1024}), "");
  EXPECT_EQ(script.feed(event::Tick{}, 500), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kDownloaded), "=verifying execute");
  EXPECT_EQ(script.feed(event::Done{}), "=rebooting");
  EXPECT_EQ(script.feed(event::Registered{}, 2000), "read-running");
  EXPECT_EQ(script.feed(event::Running{std::string(kOurs)}), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kIdle, UpdateResult::kSuccess), "=confirmed");
  EXPECT_TRUE(script.finished());
  EXPECT_EQ(script.feed(event::Registered{}), "") << "nothing more after the end";
}

TEST(DeliveryTest, pushes_when_told_to) {
  Script script(true);
  script.start();
  script.feed(event::Running{});
  EXPECT_EQ(script.firmware(UpdateState::kIdle), "=delivering push");
  EXPECT_EQ(script.feed(event::Done{}), "read-firmware");
}

TEST(DeliveryTest, a_device_that_runs_the_build_is_confirmed_at_once) {
  Script script;
  script.start();
  EXPECT_EQ(script.feed(event::Running{std::string(kOurs)}), "=confirmed");
}

TEST(DeliveryTest, an_image_without_a_model_object_runs_nothing_of_ours) {
  Script script;
  script.start();
  EXPECT_EQ(script.feed(event::Refused{"4.04", ""}), "read-firmware");
}

TEST(DeliveryTest, a_notification_makes_it_look_at_once) {
  Script script;
  script.deliver();
  EXPECT_EQ(script.feed(event::Changed{}), "") << "an answer is due already";
  EXPECT_EQ(script.firmware(UpdateState::kDownloading), "");
  EXPECT_LE(script.next_tick(), script.now());
  EXPECT_EQ(script.feed(event::Tick{}, 0), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kDownloading), "");
  EXPECT_EQ(script.feed(event::Changed{}), "read-firmware");
}

TEST(DeliveryTest, an_old_download_is_cancelled_first) {
  for (const UpdateState state : {UpdateState::kDownloading, UpdateState::kDownloaded}) {
    Script script;
    script.start();
    script.feed(event::Running{});
    EXPECT_EQ(script.firmware(state), "reset");
    EXPECT_EQ(script.feed(event::Done{}), "=delivering write-uri");
  }
}

TEST(DeliveryTest, a_restarted_service_picks_up_where_the_device_is) {
  struct Case {
    OrderState reached;
    UpdateState device;
    std::string expected;
  };
  const Case cases[] = {
      {OrderState::kDelivering, UpdateState::kIdle, "=delivering write-uri"},
      {OrderState::kDelivering, UpdateState::kDownloading, ""},
      {OrderState::kDelivering, UpdateState::kDownloaded, "=verifying execute"},
      {OrderState::kVerifying, UpdateState::kDownloaded, "=verifying execute"},
      {OrderState::kVerifying, UpdateState::kUpdating, "=rebooting"},
      {OrderState::kRebooting, UpdateState::kUpdating, "=rebooting"},
  };
  for (const Case &one : cases) {
    Script script(false, one.reached);
    EXPECT_EQ(script.start(), "read-running");
    EXPECT_EQ(script.feed(event::Running{}), "read-firmware");
    EXPECT_EQ(script.firmware(one.device), one.expected) << to_string(one.reached);
  }
  Script script(false, OrderState::kRebooting);
  script.start();
  EXPECT_EQ(script.feed(event::Running{std::string(kOurs)}), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kIdle, UpdateResult::kSuccess), "=confirmed");
}

TEST(DeliveryTest, a_lost_connection_is_tried_again_but_not_for_ever) {
  Script script;
  script.deliver();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(script.firmware(UpdateState::kIdle, UpdateResult::kConnectionLost),
              "=delivering write-uri");
    script.feed(event::Done{});
  }
  EXPECT_EQ(script.firmware(UpdateState::kIdle, UpdateResult::kConnectionLost), "!update_failed");
}

TEST(DeliveryTest, a_device_that_restarts_in_the_middle_is_asked_again) {
  Script script;
  script.deliver();
  EXPECT_EQ(script.feed(event::Registered{}), "read-running");
  EXPECT_EQ(script.feed(event::Running{}), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kDownloading), "");
  EXPECT_EQ(script.feed(event::Tick{}, 600), "read-firmware");
}

TEST(DeliveryTest, every_result_code_ends_with_a_message_that_says_what_to_do) {
  for (int code = 2; code <= 11; ++code) {
    const auto result = static_cast<UpdateResult>(code);
    if (result == UpdateResult::kConnectionLost) {
      continue;
    }
    Script script;
    script.deliver();
    const std::string words = script.firmware(UpdateState::kIdle, result);
    EXPECT_EQ(words, "!" + explain(result).code);
    EXPECT_GT(script.message.size(), 40U);
    EXPECT_TRUE(script.finished());
  }
}

TEST(DeliveryTest, an_image_that_the_device_refuses_to_start_fails_without_a_reboot) {
  Script script;
  script.deliver();
  script.firmware(UpdateState::kDownloaded);
  EXPECT_EQ(script.feed(event::Done{}), "=rebooting");
  EXPECT_EQ(script.feed(event::Changed{}), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kIdle, UpdateResult::kIntegrityFailure), "!update_failed");
  EXPECT_NE(script.message.find("signing key"), std::string::npos);
}

TEST(DeliveryTest, a_roll_back_is_noticed) {
  Script script;
  script.reboot();
  EXPECT_EQ(script.feed(event::Running{"ffffffffffffffffffffffffffffffff"}), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kIdle, UpdateResult::kUpdateFailed), "!rolled_back");
}

TEST(DeliveryTest, a_second_restart_before_the_confirmation_is_looked_at_again) {
  Script script;
  script.reboot();
  script.feed(event::Running{std::string(kOurs)});
  EXPECT_EQ(script.firmware(UpdateState::kUpdating), "");
  EXPECT_EQ(script.feed(event::Registered{}), "read-running");
  EXPECT_EQ(script.feed(event::Running{}), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kIdle, UpdateResult::kUpdateFailed), "!rolled_back");
}

TEST(DeliveryTest, a_device_may_restart_before_it_answers_the_update) {
  Script script;
  script.deliver();
  script.firmware(UpdateState::kDownloaded);
  EXPECT_EQ(script.feed(event::Unanswered{}), "=rebooting");
  EXPECT_EQ(script.feed(event::Registered{}), "read-running");
}

TEST(DeliveryTest, a_device_may_be_back_before_its_answer_to_the_update) {
  Script script;
  script.deliver();
  script.firmware(UpdateState::kDownloaded);
  EXPECT_EQ(script.feed(event::Registered{}), "=rebooting read-running");
  EXPECT_EQ(script.feed(event::Running{std::string(kOurs)}), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kIdle, UpdateResult::kSuccess), "=confirmed");
}

TEST(DeliveryTest, a_power_cut_before_the_update_is_no_roll_back) {
  for (const UpdateState state : {UpdateState::kIdle, UpdateState::kDownloaded}) {
    Script script;
    script.deliver();
    script.firmware(UpdateState::kDownloaded);
    script.feed(event::Registered{});
    EXPECT_EQ(script.feed(event::Running{}), "read-firmware");
    EXPECT_EQ(script.firmware(state),
              state == UpdateState::kIdle ? "=delivering write-uri" : "=verifying execute");
  }
}

TEST(DeliveryTest, a_device_that_vanishes_fails_in_bounded_time) {
  Script script;
  script.deliver();
  EXPECT_EQ(script.feed(event::Unanswered{}), "");
  EXPECT_EQ(script.feed(event::Tick{}, 119'000), "");
  EXPECT_EQ(script.feed(event::Tick{}, 2'000), "!device_timeout");
}

TEST(DeliveryTest, a_device_that_is_heard_again_goes_on) {
  Script script;
  script.deliver();
  script.feed(event::Unanswered{});
  EXPECT_EQ(script.feed(event::Seen{}, 60'000), "read-running");
  EXPECT_EQ(script.feed(event::Running{}), "read-firmware");
  EXPECT_EQ(script.firmware(UpdateState::kDownloading), "");
}

TEST(DeliveryTest, a_device_that_does_not_come_back_fails_in_bounded_time) {
  Script script;
  script.deliver();
  script.firmware(UpdateState::kDownloaded);
  script.feed(event::Done{});
  EXPECT_EQ(script.feed(event::Tick{}, 3'000), "read-firmware");
  EXPECT_EQ(script.feed(event::Unanswered{}), "");
  EXPECT_EQ(script.feed(event::Tick{}, 90'000), "!device_timeout");
}

TEST(DeliveryTest, a_download_without_progress_is_given_up_and_one_with_progress_is_not) {
  Script script;
  script.deliver();
  for (int minute = 0; minute < 10; ++minute) {
    EXPECT_EQ(script.firmware(UpdateState::kDownloading), "");
    script.feed(event::Progress{minute + 1}, 60'000);
    EXPECT_EQ(script.feed(event::Tick{}), "read-firmware");
  }
  script.firmware(UpdateState::kDownloading);
  EXPECT_EQ(script.feed(event::Progress{10}, 130'000), "!device_timeout") << "no new bytes";
}

} // namespace
} // namespace tinyml::service
