// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tinyml::tender {

/// What a device's console tells about it: the lines of device/program_impl.hpp and of the boards.
class ConsoleReading {
public:
  /// The next piece of the console, in whatever pieces it comes. Never throws away more than the
  /// end of a very long line.
  void take(std::string_view text);

  [[nodiscard]] bool registered() const { return registered_; }
  /// The newest whole line, without control characters; empty at first.
  [[nodiscard]] const std::string &last_line() const { return last_line_; }
  /// "10.77.3.4", or "127.0.0.1:40123" on this host's own network; empty until it is known.
  [[nodiscard]] const std::string &address() const { return address_; }

private:
  static constexpr std::size_t kMaxLineBytes = 240;
  void take_line();

  std::string line_;
  std::string last_line_;
  std::string address_;
  std::string host_port_;
  bool registered_ = false;
};

} // namespace tinyml::tender
