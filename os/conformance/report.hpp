// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/hal.hpp"

namespace tinyml::conformance {

/// Counts checks and tells each one's outcome on the console.
class Report {
public:
  void check(std::string_view what, bool held) {
    ++(held ? passed_ : failed_);
    line(held ? "ok      " : "FAILED  ", what);
  }

  static void skip(std::string_view what) { line("skipped ", what); }

  static void figure(std::string_view what, std::uint64_t value) {
    char digits[20];
    std::size_t at = sizeof(digits);
    do {
      digits[--at] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    hal::console_write("figure  ");
    hal::console_write(what);
    hal::console_write(" ");
    hal::console_write({digits + at, sizeof(digits) - at});
    hal::console_write("\r\n");
  }

  [[nodiscard]] std::uint32_t passed() const { return passed_; }
  [[nodiscard]] std::uint32_t failed() const { return failed_; }

private:
  static void line(std::string_view outcome, std::string_view what) {
    hal::console_write(outcome);
    hal::console_write(what);
    hal::console_write("\r\n");
  }

  std::uint32_t passed_ = 0;
  std::uint32_t failed_ = 0;
};

} // namespace tinyml::conformance
