// SPDX-License-Identifier: Apache-2.0
// The pizza order as people use it: the real program, service and devices.
#include "tests/e2e/stage.hpp"

#include <csignal>

namespace tinyml::e2e {
namespace {

using nlohmann::json;

class OrderOn : public testing::TestWithParam<const char *> {};

/// Pull and push both deliver; the device computes what the host computes; the same order again is
/// instant.
TEST_P(OrderOn, DeliversAndProvesAModel) {
  const std::string board = GetParam();
  Stage stage;
  stage.start_service();
  stage.start_device(board, "dev");

  const host::Outcome pulled = stage.tinyml({"order", "mnist-dscnn", "--device", "dev"});
  ASSERT_EQ(pulled.exit_code, 0) << pulled.output << stage.log("dev.log")
                                 << stage.log("service.log");
  const host::Outcome verified =
      stage.tinyml({"verify", "dev", "--data", "drawn", "--count", "200", "--json"});
  ASSERT_EQ(verified.exit_code, 0) << verified.output;
  const json proof = json::parse(verified.output);
  EXPECT_EQ(proof.at("equal"), 200);
  EXPECT_EQ(proof.at("total"), 200);

  const host::Outcome pushed = stage.tinyml({"order", "mnist-lenet", "--device", "dev", "--push"});
  ASSERT_EQ(pushed.exit_code, 0) << pushed.output << stage.log("dev.log")
                                 << stage.log("service.log");
  const auto device = stage.client().get("/v1/devices/dev");
  ASSERT_TRUE(device.ok());
  EXPECT_EQ(device->at("running").at("model"), "mnist-lenet");
}

INSTANTIATE_TEST_SUITE_P(Boards, OrderOn, testing::Values("linux", "mps2-an385"),
                         [](const auto &board) {
                           return std::string(board.param) == "linux" ? "linux" : "mps2_an385";
                         });

TEST(Order, SurvivesKillingTheServiceInTheMiddle) {
  Stage stage;
  stage.start_service();
  stage.start_device("linux", "dev");
  const auto placed =
      stage.client().post("/v1/orders", {{"model", "mnist-dscnn"}, {"device", "dev"}});
  ASSERT_TRUE(placed.ok()) << placed.error().message;
  const std::string order = "/v1/orders/" + placed->at("id").dump();
  ::kill(stage.service().pid(), SIGKILL);
  ASSERT_TRUE(Stage::eventually([&] { return !stage.service().running(); }));
  stage.start_service();
  EXPECT_TRUE(Stage::eventually([&] {
    const auto now = stage.client().get(order);
    return now.ok() && now->at("state") == "confirmed";
  })) << stage.log("service.log")
      << stage.log("dev.log");
}

TEST(Order, RefusesASecondOneForABusyDevice) {
  Stage stage;
  stage.start_service();
  stage.start_device("linux", "dev");
  ASSERT_TRUE(
      stage.client().post("/v1/orders", {{"model", "mnist-lenet"}, {"device", "dev"}}).ok());
  const auto second =
      stage.client().post("/v1/orders", {{"model", "mnist-dscnn"}, {"device", "dev"}});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict) << second.error().message;
}

TEST(Order, SaysWhatWouldFitWhenTheModelDoesNot) {
  Stage stage;
  stage.start_service();
  stage.start_device("mps2-an385", "dev");
  const host::Outcome refused =
      stage.tinyml({"order", "mnist-lenet", "--device", "dev", "--max-rom", "64K"});
  EXPECT_EQ(refused.exit_code, 6) << refused.output;
  EXPECT_NE(refused.output.find("would fit"), std::string::npos) << refused.output;
}

TEST(Order, RefusesADeviceThatNeverRegistered) {
  Stage stage;
  stage.start_service();
  const host::Outcome unknown = stage.tinyml({"order", "mnist-dscnn", "--device", "nobody"});
  EXPECT_EQ(unknown.exit_code, 3) << unknown.output;
}

TEST(Service, SaysWhichPortIsInUse) {
  Stage stage;
  stage.start_service();
  const auto second =
      host::run({.argv = {tinyml_program(), "up", "--http", stage.url().substr(7), "--coap",
                          stage.coap_address(), "--state", (stage.folder() / "other").string()}});
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->exit_code, 8) << second->output;
  EXPECT_NE(second->output.find("in use"), std::string::npos) << second->output;
}

TEST(Service, RefusesToListenBeyondLoopback) {
  const auto folder = host::TemporaryFolder::create("bind");
  ASSERT_TRUE(folder.ok());
  const auto open = host::run({.argv = {tinyml_program(), "up", "--http", "0.0.0.0:0", "--coap",
                                        "0.0.0.0:0", "--state", folder->path().string()}});
  ASSERT_TRUE(open.ok());
  EXPECT_EQ(open->exit_code, 7) << open->output;
}

} // namespace
} // namespace tinyml::e2e
