// SPDX-License-Identifier: Apache-2.0
#include "service/http/event_hub.hpp"
#include "service/http/router.hpp"

#include <gtest/gtest.h>

namespace tinyml::service {
namespace {

Router table() {
  Router router;
  for (const char *pattern :
       {"/v1/devices", "/v1/devices/{endpoint}", "/v1/devices/{endpoint}/trace"}) {
    router.add({"GET", pattern, kSmallBodyBytes, nullptr});
  }
  router.add({"POST", "/v1/devices/{endpoint}/infer", 10, nullptr});
  return router;
}

TEST(RouterTest, finds_routes_and_decodes_what_they_name) {
  const Router router = table();
  const auto found = router.match("GET", "/v1/devices/urn%3Adev%2F1/trace?limit=5&x=a+b%26c&flag");
  ASSERT_NE(found.route, nullptr);
  EXPECT_EQ(found.route->pattern, "/v1/devices/{endpoint}/trace");
  EXPECT_EQ(found.request.value("endpoint"), "urn:dev/1");
  EXPECT_EQ(found.request.parameter("limit"), "5");
  EXPECT_EQ(found.request.parameter("x"), "a b&c");
  EXPECT_EQ(found.request.parameter("flag"), "");
  EXPECT_FALSE(found.request.parameter("none"));
}

TEST(RouterTest, refuses_what_is_not_there) {
  struct Case {
    const char *method;
    const char *target;
    unsigned status;
  };
  const Case cases[] = {{"GET", "/", 404},
                        {"GET", "", 404},
                        {"GET", "/v1/devices/", 404},
                        {"GET", "/v1/devices//trace", 404},
                        {"GET", "/v1/devices/a/b/c", 404},
                        {"GET", "/v1/devices/%zz", 404},
                        {"GET", "/v1/devices/%00", 404},
                        {"GET", "/v1/devices/%4", 404},
                        {"GET", "http://elsewhere/v1/devices", 404},
                        {"GET", "/v1/devices?limit=%", 400},
                        {"PUT", "/v1/devices", 405},
                        {"GET", "/v1/devices/a/infer", 405}};
  const Router router = table();
  for (const Case &one : cases) {
    const auto found = router.match(one.method, one.target);
    EXPECT_EQ(found.route, nullptr) << one.target;
    EXPECT_EQ(found.refusal.status, one.status) << one.target;
    const auto body = nlohmann::json::parse(found.refusal.body);
    EXPECT_FALSE(body["error"]["message"].get<std::string>().empty());
  }
}

TEST(EventHubTest, who_comes_back_gets_what_it_missed) {
  EventHub hub;
  std::string heard;
  const auto listen = [&](const std::string &event) { heard += event; };
  for (int i = 1; i <= 3; ++i) {
    hub.publish("order", {{"n", i}});
  }
  const auto number = hub.add(listen, 2);
  EXPECT_EQ(heard, "id: 3\nevent: order\ndata: {\"n\":3}\n\n");
  hub.publish("device", "x");
  EXPECT_TRUE(heard.ends_with("id: 4\nevent: device\ndata: \"x\"\n\n"));
  hub.remove(number);
  heard.clear();
  hub.publish("device", "y");
  EXPECT_EQ(heard, "");
}

TEST(EventHubTest, old_events_are_forgotten) {
  EventHub hub;
  for (std::size_t i = 0; i < EventHub::kKeptEvents + 10; ++i) {
    hub.publish("e", i);
  }
  std::size_t count = 0;
  (void)hub.add([&](const std::string &) { ++count; }, 0);
  EXPECT_EQ(count, EventHub::kKeptEvents);
}

} // namespace
} // namespace tinyml::service
