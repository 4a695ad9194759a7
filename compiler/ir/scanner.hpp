// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tinyml::ir {

/// Takes the printed form of a graph apart: punctuation, words, quoted text, numbers. Whitespace
/// and comments vanish, except that every token knows its line for messages.
class Scanner {
public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// Skips the text if it stands here.
  bool accept(std::string_view text);
  [[nodiscard]] bool at_end();

  /// Letters, digits, '_' and '.'; empty when none stands here.
  [[nodiscard]] std::string_view word();

  /// A number's characters, or "inf"/"nan" with a sign.
  [[nodiscard]] std::string_view number();

  /// The content of a quoted text with its escapes resolved.
  [[nodiscard]] std::optional<std::string> quoted();

  /// An error at this line.
  [[nodiscard]] Failure<HostError> error(const std::string &message) const;

private:
  void skip_blank();
  std::string_view take(std::size_t count);

  std::string_view rest_;
  std::size_t line_ = 1;
};

/// Value of a hexadecimal digit, or -1.
[[nodiscard]] int hex_value(char c);

} // namespace tinyml::ir
