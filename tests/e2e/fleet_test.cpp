// SPDX-License-Identifier: Apache-2.0
// Many devices on one machine, as people start, see and end them.
#include "tests/e2e/stage.hpp"

#include <csignal>

namespace tinyml::e2e {
namespace {

using nlohmann::json;

class Fleet : public testing::Test {
protected:
  void SetUp() override { stage.start_service(); }
  void TearDown() override { (void)fleet({"down"}); }

  host::Outcome fleet(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "fleet");
    arguments.insert(arguments.end(), {"--state", (stage.folder() / "fleet").string()});
    return stage.tinyml(arguments);
  }

  json status() {
    const auto outcome = fleet({"status", "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return json::parse(outcome.output, nullptr, false);
  }

  static std::vector<pid_t> pids_of(const json &now) {
    std::vector<pid_t> pids;
    for (const json &device : now.at("devices")) {
      pids.push_back(device.value("pid", 0));
    }
    return pids;
  }

  static bool is_there(pid_t process) { return ::kill(process, 0) == 0; }

  bool online(const std::string &endpoint) {
    const auto device = stage.client().get("/v1/devices/" + endpoint);
    return device.ok() && device->value("online", false);
  }

  Stage stage;
};

TEST_F(Fleet, StartsShowsAndEndsDevicesOfSeveralBoards) {
  const auto up =
      fleet({"up", "--board", "linux", "--count", "3", "--board", "mps2-an385", "--count", "1"});
  ASSERT_EQ(up.exit_code, 0) << up.output << stage.log("fleet/fleet.log");
  for (const char *endpoint : {"linux-1", "linux-2", "linux-3", "mps2-an385-1"}) {
    EXPECT_TRUE(online(endpoint)) << endpoint;
  }
  const json now = status();
  ASSERT_EQ(now.at("devices").size(), 4U);
  for (const json &device : now.at("devices")) {
    EXPECT_EQ(device.at("state"), "registered");
    EXPECT_TRUE(is_there(device.at("pid").get<pid_t>()));
    EXPECT_GT(device.at("private_bytes"), 10'000);
    EXPECT_NE(device.at("address"), "");
    EXPECT_EQ(device.at("restarts"), 0);
  }
  const auto again = fleet({"up", "--board", "linux", "--count", "4"});
  ASSERT_EQ(again.exit_code, 0) << again.output;
  EXPECT_NE(again.output.find("linux: 1 added, 3 ran already"), std::string::npos) << again.output;

  const auto pids = pids_of(status());
  EXPECT_EQ(fleet({"down"}).exit_code, 0);
  for (const pid_t pid : pids) {
    EXPECT_FALSE(is_there(pid)) << pid;
  }
  EXPECT_EQ(fleet({"status"}).exit_code, 3) << "none runs";
}

TEST_F(Fleet, StartsAgainWhatDiesAndComesBackAfterItsOwnDeath) {
  ASSERT_EQ(fleet({"up", "--board", "linux", "--count", "3"}).exit_code, 0);
  const json before = status();
  ::kill(before.at("devices").at(0).at("pid").get<pid_t>(), SIGKILL);
  EXPECT_TRUE(Stage::eventually([&] {
    const json now = status().at("devices").at(0);
    return now.at("restarts") == 1 && now.at("state") == "registered";
  })) << status().dump();

  const auto pids = pids_of(status());
  const auto owner = before.at("pid").get<pid_t>();
  ::kill(owner, SIGKILL);
  for (const pid_t pid : pids) {
    EXPECT_TRUE(Stage::eventually([&] { return !is_there(pid); })) << "an orphan: " << pid;
  }
  const auto up = fleet({"up"});
  ASSERT_EQ(up.exit_code, 0) << up.output;
  EXPECT_EQ(status().at("states").value("registered", 0), 3);
}

TEST_F(Fleet, ItsNetworkGetsWorseAndBetterWhileItRuns) {
  const auto up = fleet({"up", "--board", "mps2-an385", "--loss", "2%", "--delay", "2ms"});
  ASSERT_EQ(up.exit_code, 0) << up.output << stage.log("fleet/fleet.log");
  EXPECT_GT(status().at("network").at("delayed"), 0);
  ASSERT_EQ(fleet({"impair", "--cut", "mps2-an385-1"}).exit_code, 0);
  EXPECT_EQ(status().at("impairments").at("devices_on_islands"), 1);
  const auto unreachable =
      stage.client().post("/v1/orders", {{"model", "mnist-dscnn"}, {"device", "mps2-an385-1"}});
  EXPECT_TRUE(unreachable.ok());
  EXPECT_TRUE(Stage::eventually([&] { return status().at("network").at("cut") > 0; }));
  ASSERT_EQ(fleet({"impair", "--clear"}).exit_code, 0);
  EXPECT_EQ(status().at("impairments").at("islands"), 0);
  EXPECT_TRUE(Stage::eventually([&] {
    const auto order = stage.client().get("/v1/orders/" + unreachable->at("id").dump());
    return order.ok() && order->at("state") == "confirmed";
  })) << stage.log("service.log");
}

TEST_F(Fleet, SaysWhatIsWrongAndLeavesNothingBehind) {
  const auto unknown = fleet({"up", "--board", "toaster"});
  EXPECT_NE(unknown.exit_code, 0);
  EXPECT_NE(unknown.output.find("toaster"), std::string::npos) << unknown.output;
  EXPECT_EQ(fleet({"status"}).exit_code, 3);
  EXPECT_EQ(fleet({"up", "--board", "linux", "--loss", "200%"}).exit_code, 2);
  EXPECT_EQ(fleet({"up", "--board", "linux", "--board", "linux", "--count", "1"}).exit_code, 2);
  EXPECT_EQ(fleet({"impair", "--loss", "2%"}).exit_code, 3) << "no fleet runs";
  const auto alone =
      host::run({.argv = {tinyml_program(), "--service", "http://127.0.0.1:1", "fleet", "up",
                          "--board", "linux", "--state", (stage.folder() / "fleet").string()}});
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ(alone->exit_code, 5) << alone->output;
  EXPECT_NE(alone->output.find("tinyml up"), std::string::npos) << alone->output;
}

} // namespace
} // namespace tinyml::e2e
