// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/scanner.hpp"

#include <algorithm>

namespace tinyml::ir {
namespace {

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

bool is_number_character(char c) { return is_word_character(c) || c == '-' || c == '+'; }

template <typename Predicate> std::size_t length_of(std::string_view text, Predicate holds) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), holds) - text.begin());
}

} // namespace

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void Scanner::skip_blank() {
  while (!rest_.empty()) {
    if (rest_[0] == '#') {
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    } else if (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\r' || rest_[0] == '\n') {
      line_ += rest_[0] == '\n' ? 1 : 0;
      rest_.remove_prefix(1);
    } else {
      return;
    }
  }
}

std::string_view Scanner::take(std::size_t count) {
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

bool Scanner::accept(std::string_view text) {
  skip_blank();
  if (!rest_.starts_with(text)) {
    return false;
  }
  rest_.remove_prefix(text.size());
  return true;
}

bool Scanner::at_end() {
  skip_blank();
  return rest_.empty();
}

std::string_view Scanner::word() {
  skip_blank();
  return take(length_of(rest_, is_word_character));
}

std::string_view Scanner::number() {
  skip_blank();
  return take(length_of(rest_, is_number_character));
}

std::optional<std::string> Scanner::quoted() {
  if (!accept("\"")) {
    return std::nullopt;
  }
  std::string text;
  while (!rest_.empty() && rest_[0] != '"' && rest_[0] != '\n') {
    if (rest_[0] != '\\') {
      text += take(1);
    } else if (rest_.size() >= 4 && rest_[1] == 'x' && hex_value(rest_[2]) >= 0 &&
               hex_value(rest_[3]) >= 0) {
      text += static_cast<char>(hex_value(rest_[2]) * 16 + hex_value(rest_[3]));
      rest_.remove_prefix(4);
    } else if (rest_.size() >= 2 && (rest_[1] == '"' || rest_[1] == '\\')) {
      text += rest_[1];
      rest_.remove_prefix(2);
    } else {
      return std::nullopt;
    }
  }
  return accept("\"") ? std::optional(text) : std::nullopt;
}

Failure<HostError> Scanner::error(const std::string &message) const {
  return fail(ErrorCode::kInvalidInput, "line " + std::to_string(line_) + ": " + message);
}

} // namespace tinyml::ir
