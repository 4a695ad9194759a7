// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_client.hpp"
#include "host/child.hpp"
#include "host/files.hpp"
#include "host/process.hpp"

#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>

namespace tinyml::e2e {

/// The program under test, as people run it.
inline std::string tinyml_program() { return std::string(TINYML_BINARY_DIR) + "/bin/tinyml"; }

/// A service with its state folder, and devices beside it; everything ends with the object.
class Stage {
public:
  Stage() {
    auto folder = host::TemporaryFolder::create("e2e");
    const auto http = host::free_tcp_port();
    const auto coap = host::free_udp_port();
    EXPECT_TRUE(folder.ok() && http.ok() && coap.ok());
    folder_ = std::make_unique<host::TemporaryFolder>(*std::move(folder));
    http_ = "127.0.0.1:" + std::to_string(*http);
    coap_ = "127.0.0.1:" + std::to_string(*coap);
    client_ = std::make_unique<cli::HttpClient>(url());
  }

  [[nodiscard]] std::string url() const { return "http://" + http_; }
  [[nodiscard]] const std::string &coap_address() const { return coap_; }
  [[nodiscard]] std::filesystem::path folder() const { return folder_->path(); }
  [[nodiscard]] cli::HttpClient &client() { return *client_; }
  [[nodiscard]] host::Child &service() { return *service_; }
  [[nodiscard]] host::Child &device() { return *device_; }

  void start_service(std::vector<std::string> before = {}) {
    std::vector<std::string> argv = std::move(before);
    argv.insert(argv.end(), {tinyml_program(), "up", "--http", http_, "--coap", coap_, "--state",
                             (folder() / "service").string()});
    service_ = start(argv, "service.log");
    ASSERT_TRUE(eventually([&] { return client().get("/healthz").ok(); })) << log("service.log");
  }

  void start_device(const std::string &board, const std::string &endpoint) {
    device_ = start({tinyml_program(), "device", "run", "--service", url(), "--board", board,
                     "--endpoint", endpoint, "--state", (folder() / endpoint).string()},
                    endpoint + ".log");
    ASSERT_TRUE(eventually([&] {
      const auto device = client().get("/v1/devices/" + endpoint);
      return device.ok() && device->value("online", false) && device->at("profile").is_object();
    })) << log(endpoint + ".log")
        << log("service.log");
  }

  /// Off and on again, with what its store keeps.
  void restart_device(const std::string &board, const std::string &endpoint) {
    device_.reset();
    start_device(board, endpoint);
  }

  /// The command's outcome; it is told which service to use.
  host::Outcome tinyml(std::vector<std::string> arguments,
                       std::chrono::minutes patience = std::chrono::minutes(3)) {
    arguments.insert(arguments.begin(), {tinyml_program(), "--service", url()});
    const auto outcome = host::run({.argv = arguments, .timeout = patience});
    EXPECT_TRUE(outcome.ok());
    return outcome.ok() ? *outcome : host::Outcome{};
  }

  [[nodiscard]] std::string log(const std::string &name) const {
    const auto text = host::read_text(folder() / name);
    return text.ok() ? *text : text.error().message;
  }

  static bool eventually(const std::function<bool()> &condition,
                         std::chrono::seconds patience = std::chrono::seconds(60)) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (condition()) {
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

private:
  std::unique_ptr<host::Child> start(const std::vector<std::string> &argv,
                                     const std::string &log_name) {
    auto child = host::Child::start({.argv = argv, .output_file = folder() / log_name});
    EXPECT_TRUE(child.ok());
    return std::make_unique<host::Child>(*std::move(child));
  }

  std::unique_ptr<host::TemporaryFolder> folder_;
  std::string http_;
  std::string coap_;
  std::unique_ptr<cli::HttpClient> client_;
  std::unique_ptr<host::Child> service_;
  std::unique_ptr<host::Child> device_;
};

} // namespace tinyml::e2e
