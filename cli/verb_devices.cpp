// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/http_client.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

std::string text_of(const json &object, const char *key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) {
    return "-";
  }
  return found->is_string() ? found->get<std::string>() : found->dump();
}

void print_device(const json &device) {
  const json running = device.value("running", json::object());
  std::cout << fmt::format("{}  {}\n", text_of(device, "endpoint"),
                           device.value("online", false) ? "online" : "offline")
            << "  address   " << text_of(device, "address") << "\n  LwM2M     "
            << text_of(device, "lwm2m_version") << ", lifetime " << text_of(device, "lifetime_s")
            << " s\n  running   " << text_of(running, "model") << ", version "
            << text_of(running, "version") << "\n  build     " << text_of(running, "build") << '\n';
  const json profile = device.value("profile", json());
  if (!profile.is_object()) {
    std::cout << "  profile   not read yet\n";
    return;
  }
  std::cout << "  profile\n";
  for (const auto &[key, value] : profile.items()) {
    std::cout << fmt::format("    {:<22} {}\n", key, text_of(profile, key.c_str()));
  }
}

void print_devices(const json &devices) {
  if (devices.empty()) {
    std::cout
        << "no device has registered yet; start one with 'tinyml device run --board mps2-an385'\n";
    return;
  }
  Table table({"ENDPOINT", "STATE", "BOARD", ">RAM", ">ROM", "MODEL", "VERSION"});
  for (const json &device : devices) {
    const json profile = device.value("profile", json::object());
    const json running = device.value("running", json::object());
    table.add({text_of(device, "endpoint"), device.value("online", false) ? "online" : "offline",
               text_of(profile.is_object() ? profile : json::object(), "board"),
               text_of(profile.is_object() ? profile : json::object(), "ram_bytes"),
               text_of(profile.is_object() ? profile : json::object(), "rom_bytes"),
               text_of(running, "model"), text_of(running, "version")});
  }
  std::cout << table.text();
}

Expected<void> list_devices(const Context &context) {
  HttpClient client(context.service_url);
  const auto answer = client.get("/v1/devices");
  if (!answer.ok()) {
    return Failure{answer.error()};
  }
  context.show(*answer, [&] { print_devices(answer->value("devices", json::array())); });
  return {};
}

Expected<void> show_device(const Context &context, const std::string &endpoint) {
  HttpClient client(context.service_url);
  const auto answer = client.get("/v1/devices/" + path_segment(endpoint));
  if (!answer.ok()) {
    return Failure{answer.error()};
  }
  context.show(*answer, [&] { print_device(*answer); });
  return {};
}

void print_trace(const json &trace) {
  Table table({"TIME (ms)", "", "METHOD", "PATH", "ANSWER", ">SENT", ">RECEIVED", "NOTE"});
  for (const json &exchange : trace) {
    table.add({text_of(exchange, "at_ms"), exchange.value("direction", "") == "in" ? "<-" : "->",
               text_of(exchange, "method"), text_of(exchange, "path"), text_of(exchange, "code"),
               text_of(exchange, "request_bytes"), text_of(exchange, "response_bytes"),
               exchange.value("note", "")});
  }
  std::cout << table.text();
}

Expected<void> show_trace(const Context &context, const std::string &endpoint) {
  HttpClient client(context.service_url);
  const auto answer = client.get("/v1/devices/" + path_segment(endpoint) + "/trace");
  if (!answer.ok()) {
    return Failure{answer.error()};
  }
  context.show(*answer, [&] { print_trace(answer->value("trace", json::array())); });
  return {};
}

} // namespace

void add_devices(CLI::App &app, Context &context) {
  CLI::App *devices =
      app.add_subcommand("devices", "List devices, show one, or what was exchanged with it");
  devices->footer(
      "Examples:\n  tinyml devices\n  tinyml devices show mcu-1\n  tinyml devices trace mcu-1");
  devices->require_subcommand(0, 1);
  devices->callback([&context, devices] {
    if (devices->get_subcommands().empty()) {
      run_verb(context, [&] { return list_devices(context); });
    }
  });
  using Show = Expected<void> (*)(const Context &, const std::string &);
  const auto add = [&](const char *name, const char *help, Show show) {
    CLI::App *verb = devices->add_subcommand(name, help);
    auto endpoint = std::make_shared<std::string>();
    verb->add_option("ENDPOINT", *endpoint, "The device's endpoint name")->required();
    verb->callback([&context, endpoint, show] {
      run_verb(context, [&] { return show(context, *endpoint); });
    });
  };
  add("show", "Everything the service knows of one device", show_device);
  add("trace", "The CoAP exchanges with one device, oldest first", show_trace);
}

} // namespace tinyml::cli
