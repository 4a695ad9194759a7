// SPDX-License-Identifier: Apache-2.0
#include "cli/fleet_status.hpp"

#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <iostream>
#include <map>

namespace tinyml::cli {

using nlohmann::json;

namespace {

std::string text_or_dash(const json &object, const char *key) {
  const json value = object.value(key, json());
  const std::string text = value.is_string() ? value.get<std::string>()
                           : value.is_null() ? std::string()
                                             : value.dump();
  return text.empty() ? "-" : text;
}

std::string kilobytes(const json &device) {
  const json bytes = device.value("private_bytes", json());
  return bytes.is_number() ? grouped(bytes.get<std::uint64_t>() / 1024) + " KiB" : "-";
}

} // namespace

void print_status(const json &status, std::size_t most_rows) {
  std::map<std::string, std::map<std::string, std::size_t>> boards;
  Table table({"ENDPOINT", "BOARD", "STATE", ">PID", ">RESTARTS", ">MEMORY", "ADDRESS", ">UP s",
               "LAST LINE"});
  std::size_t rows = 0;
  for (const json &device : status.at("devices")) {
    const auto state = text_or_dash(device, "state");
    ++boards[text_or_dash(device, "board")][state];
    if (rows++ < most_rows) {
      table.add({text_or_dash(device, "endpoint"), text_or_dash(device, "board"), state,
                 text_or_dash(device, "pid"), text_or_dash(device, "restarts"), kilobytes(device),
                 text_or_dash(device, "address"),
                 fmt::format("{:.0f}", device.value("uptime_s", 0.0)),
                 text_or_dash(device, "last_line").substr(0, 60)});
    }
  }
  std::cout << table.text();
  if (rows > most_rows) {
    std::cout << fmt::format("... and {} more\n", rows - most_rows);
  }
  for (const auto &[board, states] : boards) {
    std::cout << board << ":";
    for (const auto &[state, count] : states) {
      std::cout << fmt::format(" {} {}", count, state);
    }
    std::cout << '\n';
  }
  const json &bad = status.at("impairments");
  const json &network = status.at("network");
  std::cout << fmt::format(
      "network: loss {:.1f} %, delay {} ms, {} frames lost, {} delayed, {} cut, process {}\n",
      bad.value("loss", 0.0) * 100, bad.value("delay_us", 0) / 1000, text_or_dash(network, "lost"),
      text_or_dash(network, "delayed"), text_or_dash(network, "cut"), text_or_dash(status, "pid"));
}

} // namespace tinyml::cli
