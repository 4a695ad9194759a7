// SPDX-License-Identifier: Apache-2.0
// ICMP echo to a virtual device, from a station of our own on its switch.
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/terminal.hpp"
#include "tender/switch/station.hpp"

#include <CLI/Validators.hpp>
#include <algorithm>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <iostream>
#include <thread>

namespace tinyml::cli {
namespace {

using nlohmann::json;
using Microseconds = std::chrono::duration<double, std::micro>;

struct PingFlags {
  std::string address;
  std::uint16_t switch_port = 0;
  unsigned count = 4;
  std::size_t size_bytes = 56;
  unsigned interval_ms = 200;
};

Expected<net::Ipv4Address> parse_address(const std::string &text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1) {
    return fail(ErrorCode::kInvalidInput,
                "'" + text + "' is no IPv4 address; the console of a device tells its own");
  }
  return net::Ipv4Address{ntohl(address.s_addr)};
}

json summary(const PingFlags &flags, std::vector<double> times_us) {
  std::ranges::sort(times_us);
  json result{{"address", flags.address},
              {"sent", flags.count},
              {"received", times_us.size()},
              {"size_bytes", flags.size_bytes}};
  if (!times_us.empty()) {
    result["min_us"] = times_us.front();
    result["median_us"] = times_us[times_us.size() / 2];
    result["max_us"] = times_us.back();
  }
  return result;
}

void print_summary(const json &result) {
  std::cout << fmt::format("{} of {} answered", result.value("received", 0),
                           result.value("sent", 0));
  if (result.contains("median_us")) {
    std::cout << fmt::format("; {:.0f} / {:.0f} / {:.0f} us (least, median, most)",
                             result.value("min_us", 0.0), result.value("median_us", 0.0),
                             result.value("max_us", 0.0));
  }
  std::cout << '\n';
}

Expected<void> ping(const Context &context, const PingFlags &flags) {
  const auto address = parse_address(flags.address);
  auto station = tender::Station::join(flags.switch_port, {});
  if (!address.ok() || !station.ok()) {
    return Failure{address.ok() ? station.error() : address.error()};
  }
  std::vector<double> times_us;
  for (unsigned i = 0; i < flags.count; ++i) {
    if (i > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(flags.interval_ms));
    }
    if (const auto took = station->ping(*address, flags.size_bytes, std::chrono::seconds(1))) {
      times_us.push_back(Microseconds(*took).count());
    }
  }
  if (times_us.empty()) {
    return fail(ErrorCode::kUnavailable, "no answer from " + flags.address +
                                             " on the switch at UDP port " +
                                             std::to_string(flags.switch_port) +
                                             "; does the device run, and is it this switch's?");
  }
  const json result = summary(flags, std::move(times_us));
  context.show(result, [&] { print_summary(result); });
  return {};
}

} // namespace

void add_ping(CLI::App &app, Context &context) {
  constexpr std::size_t kMostBytes = 1472; // what a frame holds
  auto flags = std::make_shared<PingFlags>();
  CLI::App *verb =
      app.add_subcommand("ping", "Ask a virtual device on the switch whether it is there");
  verb->footer("Example:\n  tinyml ping 10.77.89.53 --switch 7681");
  verb->add_option("ADDRESS", flags->address, "Its IPv4 address")->required();
  verb->add_option("--switch", flags->switch_port, "UDP port of the switch on this host")
      ->required()
      ->check(CLI::Range(1, 65535));
  verb->add_option("--count", flags->count, "How often")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  verb->add_option("--size", flags->size_bytes, "Bytes of data")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{0}, kMostBytes));
  verb->add_option("--interval", flags->interval_ms, "Milliseconds between two")
      ->capture_default_str()
      ->check(CLI::Range(0, 60'000));
  verb->callback([&context, flags] { run_verb(context, [&] { return ping(context, *flags); }); });
}

} // namespace tinyml::cli
