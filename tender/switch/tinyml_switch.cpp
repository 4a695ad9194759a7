// SPDX-License-Identifier: Apache-2.0
// The switch as a process of its own: tinyml-switch [PORT]
#include "tender/switch/ethernet_switch.hpp"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>

namespace {

using tinyml::tender::EthernetSwitch;

constexpr std::uint16_t kDefaultPort = 7681;

const EthernetSwitch *running_switch = nullptr;
volatile std::sig_atomic_t stop_requested = 0;

void on_signal(int /*signal*/) {
  stop_requested = 1;
  running_switch->wake();
}

std::optional<std::uint16_t> parse_port(const char *text) {
  std::uint16_t port = 0;
  const char *end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, port);
  return error == std::errc{} && rest == end ? std::optional(port) : std::nullopt;
}

} // namespace

int main(int argc, char **argv) {
  const auto port = argc > 1 ? parse_port(argv[1]) : kDefaultPort;
  if (argc > 2 || !port) {
    std::fprintf(stderr,
                 "usage: tinyml-switch [PORT]\n"
                 "Joins virtual devices in a network: an Ethernet switch on 127.0.0.1:PORT/udp "
                 "(%u by default, 0 for any free one).\n",
                 unsigned{kDefaultPort});
    return 2;
  }
  auto opened = EthernetSwitch::open({.port = *port});
  if (!opened) {
    std::fprintf(stderr, "tinyml-switch: %s\n", opened.error().message.c_str());
    return 1;
  }
  running_switch = opened->get();
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::printf("switch on 127.0.0.1:%u\n", unsigned{(*opened)->port()});
  std::fflush(stdout);
  while (stop_requested == 0) {
    (*opened)->step(std::chrono::minutes(1));
  }
  return 0;
}
