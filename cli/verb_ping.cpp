// SPDX-License-Identifier: Apache-2.0
// ICMP echo to a virtual device, from a station of our own on its switch.
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/state_folder.hpp"
#include "cli/terminal.hpp"
#include "tender/fleet/control_socket.hpp"
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
  std::string target; ///< an address, or the endpoint of a device of the fleet
  std::string state;  ///< the fleet's folder
  std::optional<std::uint16_t> switch_port;
  unsigned count = 4;
  std::size_t size_bytes = 56;
  unsigned interval_ms = 200;
};

/// Where a device is.
struct Place {
  net::Ipv4Address address;
  std::uint16_t switch_port = 0;
};

std::optional<net::Ipv4Address> parse_address(const std::string &text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1
             ? std::optional(net::Ipv4Address{ntohl(address.s_addr)})
             : std::nullopt;
}

Expected<json> fleet_status_of(const PingFlags &flags) {
  const auto folder = flags.state.empty() ? fleet_folder() : std::filesystem::path(flags.state);
  auto status = tender::ask_control(folder, {{"do", "status"}});
  if (!status.ok()) {
    return fail(ErrorCode::kNotFound,
                "no fleet runs in '" + folder.string() + "' that would know where '" +
                    flags.target +
                    "' is; give an IPv4 address and --switch: 'tinyml device run' tells both");
  }
  return status;
}

Expected<net::Ipv4Address> address_in(const json &status, const std::string &endpoint) {
  for (const json &device : status.at("devices")) {
    if (device.value("endpoint", "") != endpoint) {
      continue;
    }
    const std::string told = device.value("address", "");
    if (const auto address = parse_address(told)) {
      return *address;
    }
    return told.empty() ? fail(ErrorCode::kUnavailable,
                               "'" + endpoint + "' has not told its address yet; try again")
                        : fail(ErrorCode::kUnsupported,
                               "'" + endpoint + "' is a process on this host's own network (" +
                                   told + "): it has no address of its own to ping");
  }
  return fail(ErrorCode::kNotFound, "'" + endpoint +
                                        "' is neither an IPv4 address nor a device of the fleet; "
                                        "'tinyml fleet status' lists them");
}

/// An address on a given switch, or one that the fleet knows.
Expected<Place> find_target(const PingFlags &flags) {
  const auto given = parse_address(flags.target);
  if (given && flags.switch_port) {
    return Place{*given, *flags.switch_port};
  }
  const auto status = fleet_status_of(flags);
  if (!status.ok()) {
    return Failure{status.error()};
  }
  const auto address =
      given ? Expected<net::Ipv4Address>(*given) : address_in(*status, flags.target);
  if (!address.ok()) {
    return Failure{address.error()};
  }
  return Place{*address,
               flags.switch_port.value_or(status->value("switch_port", std::uint16_t{0}))};
}

json summary(const PingFlags &flags, std::vector<double> times_us) {
  std::ranges::sort(times_us);
  json result{{"target", flags.target},
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
  const auto place = find_target(flags);
  if (!place.ok()) {
    return Failure{place.error()};
  }
  auto station = tender::Station::join(place->switch_port, {});
  if (!station.ok()) {
    return Failure{station.error()};
  }
  std::vector<double> times_us;
  for (unsigned i = 0; i < flags.count; ++i) {
    if (i > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(flags.interval_ms));
    }
    if (const auto took =
            station->ping(place->address, flags.size_bytes, std::chrono::seconds(1))) {
      times_us.push_back(Microseconds(*took).count());
    }
  }
  if (times_us.empty()) {
    return fail(ErrorCode::kUnavailable, "no answer from " + flags.target +
                                             " on the switch at UDP port " +
                                             std::to_string(place->switch_port) +
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
  verb->footer("Examples:\n"
               "  tinyml ping mps2-an385-1                      (a device of the running fleet)\n"
               "  tinyml ping 10.77.89.53 --switch 40123        ('tinyml device run' tells both)");
  verb->add_option("TARGET", flags->target,
                   "A device of the running fleet by its endpoint's name, or an IPv4 address")
      ->required();
  verb->add_option("--state", flags->state, "The fleet's folder (default: below $TINYML_HOME)");
  verb->add_option("--switch", flags->switch_port,
                   "UDP port of the switch on this host (default: the running fleet's)")
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
