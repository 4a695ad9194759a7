// SPDX-License-Identifier: Apache-2.0
// The fleet with programs of this host in the place of devices: shell scripts that speak as a
// device's console does. Real boards: tests/e2e/fleet_test.cpp.
#include "tender/fleet/control_socket.hpp"
#include "tender/fleet/fleet.hpp"
#include "tender/fleet/private_memory.hpp"

#include "host/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <unistd.h>

namespace tinyml::tender {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

TEST(ConsoleReading, FollowsADeviceToItsRegistration) {
  ConsoleReading reading;
  reading.take("linux board: datagrams on UDP port 401");
  EXPECT_EQ(reading.last_line(), "");
  reading.take("23\naddress: 127.0.0.1\r\nregis");
  EXPECT_EQ(reading.address(), "127.0.0.1:40123");
  EXPECT_FALSE(reading.registered());
  reading.take("tered: dev as rd/1\n");
  EXPECT_TRUE(reading.registered());
  EXPECT_EQ(reading.last_line(), "registered: dev as rd/1");
  reading.take("boot: starting slot A\n");
  EXPECT_FALSE(reading.registered()) << "it started again";
}

TEST(ConsoleReading, KnowsThePortOfAFirmwareThatHostsADevice) {
  ConsoleReading reading;
  reading.take("posix rtos: datagrams on UDP port 5\nboot: starting slot A\naddress: 127.0.0.1\n");
  EXPECT_EQ(reading.address(), "127.0.0.1:5");
}

TEST(ConsoleReading, IsNotFilledByAnEndlessLineNorMovedByControlCharacters) {
  ConsoleReading reading;
  for (int i = 0; i < 1000; ++i) {
    reading.take("\x1B[2Jxxxxxxxxxxxxxxxx");
  }
  reading.take("\n");
  EXPECT_LE(reading.last_line().size(), 240U);
  EXPECT_EQ(reading.last_line().find('\x1B'), std::string::npos);
}

TEST(RestartPolicy, WaitsLongerEachTimeUntilADeviceWasWell) {
  RestartPolicy policy;
  const RestartPolicy::Time t{};
  EXPECT_EQ(policy.ended(t, t), t + 200ms);
  EXPECT_EQ(policy.ended(t, t), t + 400ms);
  for (int i = 0; i < 20; ++i) {
    (void)policy.ended(t, t);
  }
  EXPECT_EQ(policy.ended(t, t), t + 30s);
  EXPECT_EQ(policy.ended(t, t + 10s), t + 10s + 200ms);
}

TEST(PrivateMemory, OfThisProcessIsThereAndOfNoneIsNot) {
  const auto own = private_memory_bytes(::getpid());
  ASSERT_TRUE(own);
  EXPECT_GT(*own, 100'000U);
  EXPECT_FALSE(private_memory_bytes(-1));
}

/// A fleet whose "linux" devices are scripts.
struct FleetTest : testing::Test {
  void SetUp() override {
    auto opened = Fleet::open({.starting_at_once = 2, .starting_limit = 500ms});
    ASSERT_TRUE(opened);
    fleet = std::move(*opened);
    ASSERT_TRUE(create_store("linux", store));
  }

  FleetDevice device(const std::string &endpoint, const std::string &script) const {
    const auto program = folder.path() / endpoint;
    std::ofstream(program) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return {.endpoint = endpoint,
            .machine = {.board = "linux", .program = program, .store = store},
            .mac = {2, 0, 0, 0, 0, static_cast<std::uint8_t>(endpoint.back())},
            .console_file = folder.path() / (endpoint + ".log")};
  }

  DeviceStatus status(const std::string &endpoint) const {
    for (const DeviceStatus &one : fleet->status()) {
      if (one.endpoint == endpoint) {
        return one;
      }
    }
    return {};
  }

  template <typename Condition> static bool eventually(Condition condition) {
    for (int i = 0; i < 6000 && !condition(); ++i) {
      std::this_thread::sleep_for(10ms);
    }
    return condition();
  }

  host::TemporaryFolder folder = std::move(*host::TemporaryFolder::create("fleet-test"));
  std::filesystem::path store = folder.path() / "store";
  std::unique_ptr<Fleet> fleet;
};

constexpr const char *kGood = "echo 'address: 10.77.1.1'; echo \"registered: $0\"; exec sleep 60";

TEST_F(FleetTest, StartsDevicesAndTellsOfThem) {
  ASSERT_TRUE(fleet->add(device("good", kGood)));
  ASSERT_TRUE(eventually([&] { return status("good").state == DeviceState::kRegistered; }));
  const DeviceStatus good = status("good");
  EXPECT_EQ(good.board, "linux");
  EXPECT_EQ(good.address, "10.77.1.1");
  EXPECT_EQ(good.restarts, 0U);
  EXPECT_TRUE(good.registered_after);
  EXPECT_THAT(good.last_line, HasSubstr("registered: "));
  EXPECT_EQ(::kill(good.pid, 0), 0);
  EXPECT_THAT(*host::read_text(folder.path() / "good.log"), HasSubstr("address: 10.77.1.1"));
  fleet.reset();
  EXPECT_NE(::kill(good.pid, 0), 0) << "nothing outlives the fleet";
}

TEST_F(FleetTest, StartsAgainWhatDies) {
  ASSERT_TRUE(fleet->add(device("mortal", kGood)));
  ASSERT_TRUE(eventually([&] { return status("mortal").state == DeviceState::kRegistered; }));
  const int first = status("mortal").pid;
  ::kill(first, SIGKILL);
  ASSERT_TRUE(eventually([&] {
    return status("mortal").restarts == 1 && status("mortal").state == DeviceState::kRegistered;
  }));
  EXPECT_NE(status("mortal").pid, first);
}

TEST_F(FleetTest, SaysWhyADeviceIsDeadAndDoesNotStartItAllTheTime) {
  ASSERT_TRUE(fleet->add(device("broken", "echo 'no flash chip'; exit 3")));
  ASSERT_TRUE(eventually([&] { return status("broken").restarts >= 1; }));
  ASSERT_TRUE(eventually([&] { return status("broken").state == DeviceState::kDead; }));
  EXPECT_THAT(status("broken").last_line, HasSubstr("ended with code 3: no flash chip"));
  std::this_thread::sleep_for(500ms);
  EXPECT_LE(status("broken").restarts, 4U);
}

TEST_F(FleetTest, OneThatNeverRegistersDoesNotKeepTheOthersWaiting) {
  ASSERT_TRUE(fleet->add(device("mute1", "exec sleep 60")));
  ASSERT_TRUE(fleet->add(device("mute2", "exec sleep 60")));
  ASSERT_TRUE(fleet->add(device("good", kGood)));
  EXPECT_TRUE(eventually([&] { return status("good").state == DeviceState::kRegistered; }));
  EXPECT_EQ(status("mute1").state, DeviceState::kStarting);
}

TEST_F(FleetTest, RefusesWhatCannotStartAndWhatIsThere) {
  FleetDevice none = device("none", kGood);
  none.machine.program = "/does/not/exist";
  EXPECT_EQ(fleet->add(none).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(fleet->add(device("good", kGood)));
  EXPECT_EQ(fleet->add(device("good", kGood)).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(fleet->has("good"));
  EXPECT_FALSE(fleet->has("none"));
}

TEST_F(FleetTest, KnowsStationsByEndpointAndByBoard) {
  ASSERT_TRUE(fleet->add(device("a", kGood)));
  ASSERT_TRUE(fleet->add(device("b", kGood)));
  EXPECT_EQ(fleet->stations({"a"})->size(), 1U);
  EXPECT_EQ(fleet->stations({"linux"})->size(), 2U);
  EXPECT_THAT(fleet->stations({"a", "nobody"}).error().message, HasSubstr("nobody"));
}

struct ControlTest : testing::Test {
  host::TemporaryFolder folder = std::move(*host::TemporaryFolder::create("control-test"));
};

TEST_F(ControlTest, AnswersWithResultsAndErrors) {
  const auto control =
      ControlSocket::open(folder.path(), [](const json &request) -> Expected<json> {
        return request.value("good", false) ? Expected<json>(json{{"echo", request}})
                                            : fail(ErrorCode::kConflict, "not now");
      });
  ASSERT_TRUE(control);
  const auto answer = ask_control(folder.path(), {{"good", true}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("echo").at("good"), true);
  const auto refused = ask_control(folder.path(), {{"good", false}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_EQ(refused.error().message, "not now");
}

TEST_F(ControlTest, SurvivesRequestsOfTheWrongShape) {
  const auto control =
      ControlSocket::open(folder.path(), [](const json &request) -> Expected<json> {
        return json(request.value("count", 1));
      });
  ASSERT_TRUE(control);
  EXPECT_EQ(ask_control(folder.path(), {{"count", "many"}}).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(ask_control(folder.path(), json::array()).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(*ask_control(folder.path(), {{"count", 3}}), 3);
}

TEST_F(ControlTest, WorksInAFolderWithALongName) {
  const auto deep = folder.path() / std::string(200, 'x');
  std::filesystem::create_directories(deep);
  const auto control =
      ControlSocket::open(deep, [](const json &) -> Expected<json> { return json(1); });
  ASSERT_TRUE(control) << control.error().message;
  EXPECT_EQ(*ask_control(deep, json::object()), 1);
}

TEST_F(ControlTest, TakesThePlaceOfADeadOneAndGoesWithItsOwner) {
  std::ofstream(folder.path() / ControlSocket::kFileName) << "left behind";
  {
    const auto control =
        ControlSocket::open(folder.path(), [](const json &) -> Expected<json> { return json(2); });
    ASSERT_TRUE(control);
    EXPECT_EQ(*ask_control(folder.path(), json::object()), 2);
  }
  const auto gone = ask_control(folder.path(), json::object());
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable);
}

} // namespace
} // namespace tinyml::tender
