// SPDX-License-Identifier: Apache-2.0
// Runs an emulated board that has a serial line and its own flash; tender/machine starts it.
#include "tender/serial/serial_machine.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>

namespace {

using namespace tinyml;

constexpr const char *kUsage =
    "usage: tinyml-serial-machine --flash FILE --address ADDRESS [--switch PORT] -- EMULATOR...\n"
    "Runs a board whose only link is its serial line: shows its console, joins it to the switch "
    "on\n"
    "127.0.0.1:PORT/udp, and keeps its flash from ADDRESS (hexadecimal) on in FILE.\n";

template <typename T> bool parse(const char *text, T &value, int base) {
  const char *end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, value, base);
  return error == std::errc{} && rest == end && rest != text;
}

bool take_option(tender::SerialMachineConfig &config, const std::string &name, const char *value) {
  if (name == "--flash") {
    config.flash.file = value;
    return true;
  }
  if (name == "--address") {
    return parse(value, config.flash.address, 16);
  }
  std::uint16_t port = 0;
  const bool good = name == "--switch" && parse(value, port, 10);
  config.switch_port = port;
  return good;
}

bool parse_arguments(int argc, char **argv, tender::SerialMachineConfig &config) {
  int at = 1;
  for (; at + 1 < argc && std::strcmp(argv[at], "--") != 0; at += 2) {
    if (!take_option(config, argv[at], argv[at + 1])) {
      return false;
    }
  }
  if (at >= argc || std::strcmp(argv[at], "--") != 0) {
    return false;
  }
  config.emulator.assign(argv + at + 1, argv + argc);
  return !config.emulator.empty() && !config.flash.file.empty();
}

int fail_with(const std::string &message) {
  std::fprintf(stderr, "tinyml-serial-machine: %s\n", message.c_str());
  return 1;
}

} // namespace

int main(int argc, char **argv) {
  tender::SerialMachineConfig config;
  if (!parse_arguments(argc, argv, config)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const auto machine = tender::SerialMachine::start(std::move(config));
  if (!machine.ok()) {
    return fail_with(machine.error().message);
  }
  const auto code = (*machine)->run();
  return code.ok() ? *code : fail_with(code.error().message);
}
