// SPDX-License-Identifier: Apache-2.0
#include "tender/fleet/console_reading.hpp"

namespace tinyml::tender {
namespace {

/// What follows `start`, if the line begins with it.
bool follows(std::string_view line, std::string_view start, std::string_view &rest) {
  rest = line.substr(0, start.size()) == start ? line.substr(start.size()) : std::string_view();
  return !rest.empty();
}

} // namespace

void ConsoleReading::take(std::string_view text) {
  for (const char letter : text) {
    if (letter == '\n') {
      take_line();
      line_.clear();
    } else if (line_.size() < kMaxLineBytes && static_cast<unsigned char>(letter) >= ' ' &&
               letter != '\x7F') {
      line_ += letter;
    }
  }
}

void ConsoleReading::take_line() {
  if (line_.empty()) {
    return;
  }
  last_line_ = line_;
  std::string_view rest;
  if (follows(line_, "registered: ", rest)) {
    registered_ = true;
  } else if (line_ == "registration lost" || follows(line_, "boot: starting ", rest)) {
    registered_ = false;
  } else if (follows(line_, "linux board: datagrams on UDP port ", rest) ||
             follows(line_, "posix rtos: datagrams on UDP port ", rest)) {
    host_port_ = ":" + std::string(rest);
  } else if (follows(line_, "address: ", rest)) {
    address_ = std::string(rest) + host_port_;
  }
}

} // namespace tinyml::tender
