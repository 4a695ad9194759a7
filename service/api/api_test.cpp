// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"
#include "service/api/api.hpp"

#include <gmock/gmock.h>
#include <regex>
#include <set>
#include <sstream>

namespace tinyml::service {
namespace {

/// The routes over a fresh store and no sockets: requests are handed to the router directly.
class ApiTest : public testing::Test {
protected:
  ApiTest() { add_routes(router_, context_); }

  struct Answer {
    unsigned status = 0;
    Json body;
    std::string text;
  };
  Answer ask(const std::string &method, const std::string &target, const std::string &body = "") {
    Answer answer;
    auto found = router_.match(method, target);
    const auto keep = [&](const HttpResponse &response) {
      answer = {response.status, Json::parse(response.body, nullptr, false), response.body};
    };
    if (found.route == nullptr) {
      keep(found.refusal);
    } else {
      found.request.body = body;
      found.route->handle(found.request, keep);
    }
    return answer;
  }
  void expect_error(const Answer &answer, unsigned status, const std::string &code) {
    EXPECT_EQ(answer.status, status) << answer.text;
    ASSERT_TRUE(answer.body.is_object()) << answer.text;
    EXPECT_EQ(answer.body["error"]["code"], code);
    EXPECT_FALSE(answer.body["error"]["message"].get<std::string>().empty());
  }

  host::TemporaryFolder folder_ = std::move(*host::TemporaryFolder::create("api-test"));
  Loop loop_;
  Store store_ = std::move(*Store::open(folder_.path()));
  DeviceBook book_{store_};
  Zoo zoo_{store_};
  EventHub events_;
  Background background_{loop_, 1};
  BuildEnvironment environment_;
  Lwm2mServer lwm2m_{1,
                     {.now_ms = [] { return Loop::now_ms(); },
                      .send = [](coap::PeerId, ByteView) {},
                      .registration = [](auto, const auto &, const auto *) {},
                      .seen = [](const std::string &) {},
                      .trace = [](const std::string &, const ExchangeRecord &) {},
                      .find_image = [](const std::string &) { return nullptr; },
                      .pulled = [](const auto &, const auto &, std::int64_t) {},
                      .asked = [] {}}};
  OrderDesk desk_{loop_,
                  store_,
                  book_,
                  lwm2m_,
                  background_,
                  environment_,
                  {},
                  {.order_changed = [](const OrderRecord &) {},
                   .build_changed = [](const BuildRecord &) {},
                   .package_authority = [](const std::string &) { return "coap://x"; },
                   .problem = [](const std::string &) {}}};
  ApiContext context_{loop_,
                      store_,
                      book_,
                      zoo_,
                      desk_,
                      lwm2m_,
                      events_,
                      background_,
                      environment_,
                      "",
                      {{"algorithm", "x"}},
                      Loop::now_ms(),
                      "",
                      ""};
  Router router_;
};

/// Paths and methods of the document: it is ours, so its indentation can be relied on.
std::set<std::string> documented_routes() {
  std::set<std::string> routes;
  std::istringstream lines{std::string(openapi_document())};
  std::string path;
  bool in_paths = false;
  static const std::regex kPath("  (/[^ ]*):");
  static const std::regex kMethod("    (get|post|put|delete):");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    in_paths = line == "paths:" || (in_paths && (line.empty() || line[0] == ' '));
    if (in_paths && std::regex_match(line, match, kPath)) {
      path = match[1];
    } else if (in_paths && std::regex_match(line, match, kMethod)) {
      std::string method = match[1];
      std::ranges::transform(method, method.begin(), ::toupper);
      routes.insert(method + " " + path);
    }
  }
  return routes;
}

TEST_F(ApiTest, the_document_and_the_router_have_the_same_routes) {
  std::set<std::string> routed;
  for (const Route &route : router_.routes()) {
    routed.insert(route.method + " " + route.pattern);
  }
  EXPECT_GT(routed.size(), 15U);
  EXPECT_EQ(routed, documented_routes());
}

TEST_F(ApiTest, the_service_describes_itself) {
  EXPECT_EQ(ask("GET", "/healthz").body["status"], "ok");
  EXPECT_THAT(ask("GET", "/metrics").text, testing::HasSubstr("tinyml_devices_registered 0\n"));
  EXPECT_THAT(ask("GET", "/openapi.yaml").text, testing::StartsWith("openapi: 3"));
  EXPECT_EQ(ask("GET", "/v1/signing-key").body["algorithm"], "x");
}

TEST_F(ApiTest, models_are_uploaded_listed_and_shown) {
  EXPECT_EQ(ask("POST", "/v1/models?name=net&dataset=mnist", "bytes").status, 201U);
  EXPECT_EQ(ask("GET", "/v1/models").body["models"].size(), 1U);
  EXPECT_EQ(ask("GET", "/v1/models/net").body["dataset"], "mnist");
  expect_error(ask("GET", "/v1/models/none"), 404, "not_found");
  expect_error(ask("POST", "/v1/models?name=NET", "bytes"), 400, "invalid_input");
  expect_error(ask("POST", "/v1/models", "bytes"), 400, "invalid_input");
  expect_error(ask("POST", "/v1/models?name=net", ""), 400, "invalid_input");
}

TEST_F(ApiTest, orders_that_make_no_sense_are_refused) {
  for (const char *body :
       {"", "nonsense", "[]", "{}", R"({"model":1,"device":"d"})",
        R"({"model":"m","device":"d","x":1})", R"({"model":"m","device":"d","max_ram_bytes":0})",
        R"({"model":"m","device":"d","max_rom_bytes":"many"})",
        R"({"model":"m","device":"d","max_rom_bytes":99999999999999999999})",
        R"({"model":"m","device":"d","push":"yes"})",
        R"({"model":"m","device":"d","precision":"int4"})"}) {
    expect_error(ask("POST", "/v1/orders", body), 400, "invalid_input");
  }
  const std::string deep = std::string(60'000, '[');
  expect_error(ask("POST", "/v1/orders", deep), 400, "invalid_input");
  expect_error(ask("POST", "/v1/orders", R"({"model":"m","device":"d"})"), 404, "not_found");
  EXPECT_EQ(ask("POST", "/v1/models?name=m", "bytes").status, 201U);
  expect_error(ask("POST", "/v1/orders", R"({"model":"m","device":"d"})"), 404, "not_found");
}

TEST_F(ApiTest, what_is_not_there_is_told) {
  for (const char *target :
       {"/v1/devices/none", "/v1/devices/none/trace", "/v1/orders/7", "/v1/orders/x",
        "/v1/orders/99999999999999999999", "/v1/builds/0", "/v1/builds/0/image", "/v1/nothing"}) {
    expect_error(ask("GET", target), 404, "not_found");
  }
  for (const char *target : {"/v1/devices/none/infer", "/v1/devices/none/read?path=/3",
                             "/v1/devices/none/execute?path=/3/0/4", "/v1/builds/0/run"}) {
    expect_error(ask("POST", target, "x"), 404, "not_found");
  }
  expect_error(ask("GET", "/v1/orders?limit=0"), 400, "invalid_input");
  expect_error(ask("GET", "/v1/orders?limit=1x"), 400, "invalid_input");
  expect_error(ask("DELETE", "/v1/orders"), 405, "method_not_allowed");
}

TEST_F(ApiTest, a_device_that_is_off_is_told_from_one_that_is_unknown) {
  book_.registered({.endpoint = "dev", .peer = "127.0.0.1:9"}, 1);
  EXPECT_EQ(ask("GET", "/v1/devices/dev").body["online"], true);
  EXPECT_TRUE(ask("GET", "/v1/devices/dev").body["running"]["build"].is_null());
  expect_error(ask("POST", "/v1/devices/dev/infer", "x"), 409, "conflict");
  expect_error(ask("POST", "/v1/devices/dev/read?path=/3/0"), 503, "unavailable");
  expect_error(ask("POST", "/v1/devices/dev/read?path=x"), 400, "invalid_input");
  book_.gone("dev", 2);
  EXPECT_EQ(ask("GET", "/v1/devices").body["devices"][0]["online"], false);
}

} // namespace
} // namespace tinyml::service
