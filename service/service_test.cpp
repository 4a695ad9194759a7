// SPDX-License-Identifier: Apache-2.0
// The whole service on real sockets: HTTP on one side, a device's LwM2M client on the other, a
// shell script as compiler backend.
#include "host/files.hpp"
#include "host/process.hpp"
#include "protocol/diagnostics/crash_record.hpp"
#include "service/service.hpp"
#include "service/toy_device.hpp"

#include <csignal>
#include <future>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace tinyml::service {
namespace {

namespace fs = std::filesystem;

constexpr const char *kBackend = R"(#!/bin/sh
cat > "$2/result.json" <<'E'
{"version":1,"status":"ok","report":{"arena_bytes":5,"weight_bytes":6,"macs":7,"rom_bytes_planned":8,
 "rom_bytes_linked":8,"ram_bytes_planned":90,"ram_bytes_linked":90,"stack_bytes":9,
 "inputs":[{"name":"i","type":"int8","shape":[4],"size_bytes":4}],
 "outputs":[{"name":"o","type":"int8","shape":[2],"size_bytes":2}]}}
E
head -c 80000 /dev/zero > "$2/payload.bin"
cat "$1/request.json" >> "$2/payload.bin"
printf module > "$2/module.so"
echo built >> "$(dirname "$0")/builds"
)";

std::uint16_t port_of(const std::string &address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
}

/// A running service and a plain HTTP client for it.
class Running {
public:
  explicit Running(ServiceOptions options) {
    std::promise<void> ready;
    auto open = ready.get_future();
    options.on_ready = [&](const std::string &http, const std::string &coap) {
      http_port = port_of(http);
      coap_port = port_of(coap);
      ready.set_value();
    };
    thread_ = std::jthread([this, options](const std::stop_token &stop) {
      const auto ended = run_service(options, stop);
      EXPECT_TRUE(ended) << ended.error().message;
    });
    EXPECT_EQ(open.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }

  struct Answer {
    int status = 0;
    std::string head;
    std::string body;
    [[nodiscard]] Json json() const { return Json::parse(body, nullptr, false); }
  };
  [[nodiscard]] Answer ask(const std::string &method, const std::string &target,
                           const std::string &body = "") const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(http_port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{30, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr *>(&to), sizeof(to)), 0);
    const std::string request =
        method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    std::string heard;
    char chunk[4096];
    for (ssize_t got = 1; (got = ::recv(socket, chunk, sizeof(chunk), 0)) > 0;) {
      heard.append(chunk, static_cast<std::size_t>(got));
    }
    ::close(socket);
    const std::size_t split = std::min(heard.find("\r\n\r\n"), heard.size());
    Answer answer{.head = heard.substr(0, split),
                  .body = heard.substr(std::min(split + 4, heard.size()))};
    answer.status = heard.size() > 12 ? std::stoi(heard.substr(9, 3)) : 0;
    return answer;
  }

  /// Asks until `done(answer)`; the last answer.
  template <typename Done> Json until(const std::string &target, Done done) const {
    Json last;
    for (int tries = 0; tries < 600; ++tries) {
      last = ask("GET", target).json();
      if (done(last)) {
        return last;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << target << " ended as " << last.dump(1);
    return last;
  }
  Json order_ended(const Json &order) const {
    return until("/v1/orders/" + order["id"].dump(), [](const Json &now) {
      return now["state"] == "confirmed" || now["state"] == "failed";
    });
  }
  void known(const std::string &endpoint) const {
    until("/v1/devices/" + endpoint, [](const Json &device) {
      return device.contains("profile") && !device["profile"].is_null();
    });
  }

  std::uint16_t http_port = 0;
  std::uint16_t coap_port = 0;

private:
  std::jthread thread_;
};

std::vector<std::string> states(const Json &order) {
  std::vector<std::string> all;
  for (const Json &step : order["history"]) {
    all.push_back(step["state"]);
  }
  return all;
}

class ServiceTest : public testing::Test {
protected:
  void SetUp() override {
    fs::create_directories(root() / "kits/toy");
    fs::create_directories(root() / "zoo");
    write("kits/toy/kit.json",
          R"({"compiler": "env", "payload": "binary", "profile": {"board": "toy",
          "isa": "toy-1", "abi_version": 1, "image_address": 4096, "ram_free_bytes": 600,
          "slots": [{"address": 0, "size_bytes": 100000}]}})");
    write("zoo/zoo.json", R"({"models": [{"name": "adder", "title": "Adds"}]})");
    write("zoo/adder.onnx", "a model");
    backend(kBackend);
    write("runner", "#!/bin/sh\nprintf 'ab' > \"$3\"\n");
    ::chmod((root() / "runner").c_str(), 0755);
    options_.state_folder = root() / "state";
    options_.zoo_folder = root() / "zoo";
    options_.kits_folder = root() / "kits";
    options_.backend = root() / "backend";
    options_.module_runner = root() / "runner";
    options_.http_port = options_.coap_port = 0;
    options_.delivery_limits.poll_ms = 100;
  }
  [[nodiscard]] const fs::path &root() const { return folder_.path(); }
  void write(const std::string &name, const std::string &text) {
    ASSERT_TRUE(host::write_text(root() / name, text));
  }
  void backend(const std::string &script) {
    write("backend", script);
    ::chmod((root() / "backend").c_str(), 0755);
  }
  [[nodiscard]] static std::string order_body(bool push = false,
                                              const std::string &device = "dev") {
    return Json{{"model", "adder"}, {"device", device}, {"push", push}}.dump();
  }
  /// Orders and waits for the end.
  static Json ordered(const Running &service, bool push = false,
                      const std::string &device = "dev") {
    service.known(device);
    const auto placed = service.ask("POST", "/v1/orders", order_body(push, device));
    EXPECT_EQ(placed.status, 201) << placed.body;
    return service.order_ended(placed.json());
  }

  host::TemporaryFolder folder_ = std::move(*host::TemporaryFolder::create("service-test"));
  ServiceOptions options_;
};

TEST_F(ServiceTest, an_order_goes_the_whole_way_and_the_second_time_from_the_cache) {
  Running service(options_);
  ToyDevice device("dev", service.coap_port);
  const Json order = ordered(service);
  EXPECT_EQ(order["state"], "confirmed") << order.dump(1);
  EXPECT_THAT(states(order), testing::ElementsAre("received", "building", "built", "delivering",
                                                  "verifying", "rebooting", "confirmed"));
  EXPECT_EQ(order["sent_bytes"], order["image_bytes"]);
  EXPECT_EQ(device.boots(), 2);

  const Json seen = service.ask("GET", "/v1/devices/dev").json();
  EXPECT_EQ(seen["running"]["build"], order["build"]);
  EXPECT_EQ(seen["running"]["model"], "adder");
  EXPECT_EQ(seen["profile"]["board"], "toy");
  EXPECT_TRUE(seen["order"].is_null());

  const auto outputs =
      service.ask("POST", "/v1/devices/dev/infer", std::string("\1\2\3\4\5\6\7\10", 8));
  EXPECT_EQ(outputs.body, std::string("\3\7\13\17", 4)) << outputs.head;
  EXPECT_THAT(outputs.head, testing::HasSubstr("X-Tinyml-Count: 2"));
  EXPECT_EQ(service.ask("POST", "/v1/devices/dev/infer", "12345").status, 400);
  const auto result =
      service.until("/v1/devices/dev", [](const Json &d) { return !d["result"].is_null(); });
  EXPECT_EQ(result["result"]["endpoint"], "dev");

  const std::string build = "/v1/builds/" + order["build"].get<std::string>();
  EXPECT_EQ(service.ask("POST", build + "/run", "1234").body, "ab");
  EXPECT_EQ(service.ask("GET", build).json()["report"]["arena_bytes"], 5);
  const auto image = service.ask("GET", build + "/image").body;
  EXPECT_EQ(static_cast<std::int64_t>(image.size()), order["image_bytes"]);

  const auto read = service.ask("POST", "/v1/devices/dev/read?path=/5/0/3").json();
  EXPECT_EQ(read["code"], "2.05");
  EXPECT_EQ(read["values"]["/5/0/3"], 0);

  const Json again = ordered(service);
  EXPECT_EQ(again["state"], "confirmed");
  EXPECT_EQ(again["cached"], true);
  EXPECT_EQ(device.boots(), 2) << "it ran the build already";
  EXPECT_EQ(*host::read_text(root() / "builds"), "built\n");
  EXPECT_EQ(service.ask("GET", "/v1/orders/" + order["id"].dump()).json()["state"], "superseded");

  const Json trace = service.until("/v1/devices/dev/trace", [](const Json &t) {
    return t.dump().find("/infer") != std::string::npos;
  });
  std::string paths;
  for (const Json &entry : trace["trace"]) {
    paths += entry["method"].get<std::string>() + entry["path"].get<std::string>() + " ";
  }
  for (const char *part :
       {"POST/rd ", "GET/42769/0 ", "PUT/5/0/1 ", "GET/fw/", "POST/5/0/2 ", "POST/infer "}) {
    EXPECT_THAT(paths, testing::HasSubstr(part));
  }
}

std::vector<std::uint8_t> crash_record() {
  diagnostics::CrashRecordOf<std::uint32_t> record;
  record.architecture = diagnostics::Architecture::kArm;
  record.raw_cause = 0x82;
  record.pc = 0x8BF4;
  record.check = diagnostics::crash_check(record);
  const auto *bytes = reinterpret_cast<const std::uint8_t *>(&record);
  return {bytes, bytes + sizeof(record)};
}

TEST_F(ServiceTest, a_crash_is_kept_and_the_device_forgets_it) {
  Running service(options_);
  ToyDevice device("dev", service.coap_port, {.crash = crash_record()});
  const auto kept = service.until("/v1/devices/dev/crashes", [](const Json &answer) {
    return answer.contains("crashes") && !answer["crashes"].empty();
  });
  EXPECT_EQ(kept["crashes"][0]["cause"], "memory fault");
  EXPECT_EQ(kept["crashes"][0]["endpoint"], "dev");
  EXPECT_EQ(kept["crashes"][0]["registers"][0]["value"], "0x00008bf4");
  EXPECT_FALSE(kept["crashes"][0]["symbols"].get<bool>());
  service.until("/v1/devices/dev/trace", [](const Json &trace) {
    return trace.dump().find("/3/0/12") != std::string::npos;
  });
  const auto read = service.ask("POST", "/v1/devices/dev/read?path=/42772/0/0").json();
  EXPECT_EQ(read["code"], "4.04") << "forgotten";
  EXPECT_EQ(service.ask("GET", "/v1/crashes").json()["crashes"].size(), 1U);
  const auto events = service.ask("GET", "/v1/devices/dev/events").json();
  ASSERT_EQ(events["events"].size(), 1U) << events.dump();
  EXPECT_EQ(events["events"][0]["event"], "boot");
  EXPECT_EQ(events["events"][0]["argument"], 3);
  EXPECT_EQ(service.ask("GET", "/v1/devices/nobody/crashes").status, 404);
  EXPECT_EQ(service.ask("GET", "/v1/devices/nobody/events").status, 404);
  EXPECT_EQ(service.ask("POST", "/v1/crashes/decode", "nothing").status, 400);
}

TEST_F(ServiceTest, an_image_can_be_pushed) {
  Running service(options_);
  ToyDevice device("dev", service.coap_port);
  const Json order = ordered(service, true);
  EXPECT_EQ(order["state"], "confirmed") << order.dump(1);
  EXPECT_EQ(order["sent_bytes"], order["image_bytes"]);
}

TEST_F(ServiceTest, two_orders_at_once_for_one_device_conflict_helpfully) {
  backend(std::string("#!/bin/sh\nsleep 1\n") + kBackend);
  Running service(options_);
  ToyDevice device("dev", service.coap_port);
  service.known("dev");
  const Json first = service.ask("POST", "/v1/orders", order_body()).json();
  const auto second = service.ask("POST", "/v1/orders", order_body());
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(second.json()["error"]["code"], "conflict");
  EXPECT_THAT(second.json()["error"]["message"].get<std::string>(),
              testing::HasSubstr("order " + first["id"].dump()));
  EXPECT_EQ(service.order_ended(first)["state"], "confirmed");
}

TEST_F(ServiceTest, what_goes_wrong_on_the_device_is_told) {
  struct Case {
    ToyFaults faults;
    std::string code;
  };
  Running service(options_);
  for (const Case &one : {Case{{.refuses_image = true}, "update_failed"},
                          Case{{.rolls_back = true}, "rolled_back"}}) {
    ToyDevice device(one.code, service.coap_port, one.faults);
    const Json order = ordered(service, false, one.code);
    EXPECT_EQ(order["state"], "failed") << order.dump(1);
    EXPECT_EQ(order["reason"]["code"], one.code);
    EXPECT_GT(order["reason"]["message"].get<std::string>().size(), 40U);
  }
}

TEST_F(ServiceTest, a_device_that_restarts_in_mid_download_gets_it_all_the_same) {
  Running service(options_);
  ToyDevice device("dev", service.coap_port, {.restarts_at = 2048});
  const Json order = ordered(service);
  EXPECT_EQ(order["state"], "confirmed") << order.dump(1);
  EXPECT_EQ(device.boots(), 3);
}

TEST_F(ServiceTest, a_build_that_does_not_fit_fails_with_what_would) {
  backend(R"(#!/bin/sh
echo '{"version":1,"status":"error","error":{"code":"does_not_fit","message":"needs 9 KB","would_fit":["a smaller one"]}}' > "$2/result.json"
)");
  Running service(options_);
  ToyDevice device("dev", service.coap_port);
  const Json order = ordered(service);
  EXPECT_EQ(order["state"], "failed");
  EXPECT_EQ(order["reason"]["code"], "does_not_fit");
  EXPECT_EQ(order["reason"]["would_fit"][0], "a smaller one");
  EXPECT_EQ(service.ask("GET", "/v1/builds/" + order["build"].get<std::string>()).json()["state"],
            "failed");
}

TEST_F(ServiceTest, addresses_that_are_not_loopback_are_refused) {
  options_.coap_host = "0.0.0.0";
  const auto ended = run_service(options_, {});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(ended.error().message, testing::HasSubstr("not available yet"));
  options_.coap_host = "nonsense";
  EXPECT_EQ(run_service(options_, {}).error().code, ErrorCode::kInvalidInput);
}

TEST_F(ServiceTest, ports_in_use_are_named_with_their_option) {
  Running first(options_);
  options_.state_folder = root() / "other";
  options_.coap_port = first.coap_port;
  EXPECT_THAT(run_service(options_, {}).error().message,
              testing::AllOf(testing::HasSubstr(std::to_string(first.coap_port)),
                             testing::HasSubstr("--coap")));
  options_.coap_port = 0;
  options_.http_port = first.http_port;
  EXPECT_THAT(run_service(options_, {}).error().message,
              testing::AllOf(testing::HasSubstr(std::to_string(first.http_port)),
                             testing::HasSubstr("--http")));
}

TEST_F(ServiceTest, the_signing_key_is_private_and_stays_the_same) {
  std::string before;
  for (int run = 0; run < 2; ++run) {
    Running service(options_);
    const Json key = service.ask("GET", "/v1/signing-key").json();
    EXPECT_EQ(key["public_key"].get<std::string>().size(), 128U);
    EXPECT_TRUE(before.empty() || before == key["public_key"]);
    before = key["public_key"];
  }
  struct stat facts {};
  ASSERT_EQ(::stat((root() / "state/signing-key.pem").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(ServiceTest, a_full_store_refuses_orders_and_uploads_clearly) {
  Running service(options_);
  ToyDevice device("dev", service.coap_port);
  service.known("dev");
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tight{4096, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &tight);
  const auto upload = service.ask("POST", "/v1/models?name=big", std::string(100'000, 'x'));
  const auto order = service.ask("POST", "/v1/orders", order_body());
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(upload.status, 507) << upload.body;
  EXPECT_EQ(order.status, 507) << order.body;
  EXPECT_THAT(order.json()["error"]["message"].get<std::string>(), testing::HasSubstr("full"));
  EXPECT_EQ(service.ask("GET", "/v1/models/big").status, 404);
  EXPECT_EQ(ordered(service)["state"], "confirmed") << "there is room again";
}

/// What Debian's libcoap client prints for a request to our CoAP port.
std::string libcoap_client(std::uint16_t port, std::vector<std::string> arguments,
                           const std::string &target) {
  arguments.insert(arguments.begin(), {"coap-client-notls", "-B", "5"});
  arguments.push_back("coap://127.0.0.1:" + std::to_string(port) + target);
  const auto outcome = host::run({.argv = arguments, .timeout = std::chrono::seconds(20)});
  return outcome ? outcome->output : "";
}

TEST_F(ServiceTest, libcoaps_client_reads_what_there_is_and_registers_an_endpoint) {
  if (!host::run({.argv = {"coap-client-notls", "-h"}})) {
    GTEST_SKIP() << "coap-client-notls (package libcoap3-bin) is not installed";
  }
  const Running service(options_);
  EXPECT_THAT(libcoap_client(service.coap_port, {"-m", "get"}, "/.well-known/core"),
              testing::HasSubstr("</rd>;rt=\"core.rd\""));
  const std::string target = "/rd?ep=foreign&lt=60&lwm2m=1.1&b=U";
  static_cast<void>(
      libcoap_client(service.coap_port, {"-m", "post", "-t", "40", "-e", "</3/0>,</5/0>"}, target));
  const Json device = service.ask("GET", "/v1/devices/foreign").json();
  EXPECT_EQ(device["online"], true) << device.dump();
  EXPECT_EQ(device["objects"], Json({"/3/0", "/5/0"}));
  EXPECT_TRUE(device["profile"].is_null());
  const auto order =
      service.ask("POST", "/v1/orders", R"({"model": "adder", "device": "foreign"})");
  EXPECT_EQ(order.status, 503) << order.body;
  EXPECT_THAT(order.body, testing::HasSubstr("profile"));
}

/// The service as a process of its own, to be killed at any moment. Its ports stay the same.
class KilledService {
public:
  explicit KilledService(const ServiceOptions &options) : child_(::fork()) {
    if (child_ == 0) {
      const auto ended = run_service(options, {});
      std::fprintf(stderr, "%s\n", ended ? "ended" : ended.error().message.c_str());
      ::_exit(1);
    }
  }
  KilledService(const KilledService &) = delete;
  KilledService &operator=(const KilledService &) = delete;
  ~KilledService() {
    ::kill(child_, SIGKILL);
    int status = 0;
    ::waitpid(child_, &status, 0);
  }

private:
  pid_t child_;
};

TEST_F(ServiceTest, an_order_survives_a_service_that_is_killed_again_and_again) {
  {
    const Running once(options_); // finds free ports and makes the key
    options_.http_port = once.http_port;
    options_.coap_port = once.coap_port;
  }
  options_.delivery_limits.poll_ms = 50;
  ToyDevice device("dev", options_.coap_port);
  {
    const Running service(options_);
    service.known("dev");
    EXPECT_EQ(service.ask("POST", "/v1/orders", order_body()).status, 201);
  }
  for (const useconds_t lifetime_us : {60'000U, 15'000U, 120'000U, 35'000U, 200'000U, 90'000U}) {
    const KilledService service(options_);
    ::usleep(lifetime_us);
  }
  const Running service(options_);
  const Json order = service.order_ended(Json{{"id", 1}});
  EXPECT_EQ(order["state"], "confirmed")
      << order.dump(1) << service.ask("GET", "/v1/devices/dev/trace").body;
  EXPECT_EQ(service.ask("GET", "/v1/devices/dev").json()["running"]["build"], order["build"]);
}

} // namespace
} // namespace tinyml::service
