// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/text.hpp"

#include "compiler/ir/types.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace tinyml::codegen {
namespace {

constexpr std::size_t kColumns = 100;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Breaks after ", " so that lines stay within the column limit; continuation lines are indented.
std::string wrapped(const std::string &text, std::size_t first_column, std::size_t indent) {
  std::string result;
  std::size_t column = first_column;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t comma = text.find(", ", from);
    const std::size_t to = comma == std::string::npos ? text.size() : comma + 2;
    if (column + (to - from) > kColumns && column > indent) {
      result.erase(result.find_last_not_of(' ') + 1);
      result += "\n" + std::string(indent, ' ');
      column = indent;
    }
    result += text.substr(from, to - from);
    column += to - from;
    from = to;
  }
  return result;
}

template <typename T> std::string integer_text(const std::uint8_t *at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return std::to_string(value);
}

std::string element_text(ir::ElementType element, const std::uint8_t *at) {
  switch (element) {
  case ir::ElementType::kFloat32: {
    float value = 0;
    std::memcpy(&value, at, sizeof value);
    return float_literal(value);
  }
  case ir::ElementType::kInt8:
    return integer_text<std::int8_t>(at);
  case ir::ElementType::kInt16:
    return integer_text<std::int16_t>(at);
  case ir::ElementType::kInt32:
    return integer_text<std::int32_t>(at);
  case ir::ElementType::kInt64: {
    const std::string text = integer_text<std::int64_t>(at);
    return text == "-9223372036854775808" ? "INT64_MIN" : text + "LL"; // no literal is that low
  }
  case ir::ElementType::kUint8:
  case ir::ElementType::kBool:
    break;
  }
  return integer_text<std::uint8_t>(at);
}

} // namespace

std::string identifier_part(std::string_view name) {
  constexpr std::size_t kLongest = 40;
  std::string part;
  for (const char c : name) {
    if (is_plain(c)) {
      part += c;
    } else if (!part.empty() && part.back() != '_') {
      part += '_';
    }
    if (part.size() == kLongest) {
      break;
    }
  }
  while (!part.empty() && part.back() == '_') {
    part.pop_back();
  }
  return part;
}

std::string string_literal(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    const bool harmless = is_plain(c) || (c != '\0' && std::string_view(" _-./:,()[]").find(c) !=
                                                           std::string_view::npos);
    if (harmless) {
      literal += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    literal += '\\';
    literal += static_cast<char>('0' + (byte >> 6));
    literal += static_cast<char>('0' + ((byte >> 3) & 7));
    literal += static_cast<char>('0' + (byte & 7));
  }
  return literal + "\"";
}

std::string comment_text(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string comment;
  for (const char c : text.substr(0, kLongest)) {
    comment += c >= ' ' && c <= '~' && c != '\\' && c != '?' ? c : '_';
  }
  return comment;
}

std::string float_literal(float value) {
  if (std::isnan(value)) {
    return "std::numeric_limits<float>::quiet_NaN()";
  }
  if (std::isinf(value)) {
    return value < 0 ? "-std::numeric_limits<float>::infinity()"
                     : "std::numeric_limits<float>::infinity()";
  }
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  std::string text(buffer.data(), end);
  if (text.find_first_of(".e") == std::string::npos) {
    text += ".0";
  }
  return text + "F";
}

std::string element_list(ir::ElementType element, const ir::ConstantData &data) {
  const std::size_t size = ir::element_size(element);
  std::string text;
  std::size_t column = 0;
  for (std::size_t at = 0; at + size <= data.size(); at += size) {
    const std::string item = element_text(element, data.data() + at) + ",";
    if (column == 0 || column + item.size() + 1 > kColumns) {
      text += text.empty() ? "    " : "\n    ";
      column = 4;
    } else {
      text += ' ';
      ++column;
    }
    text += item;
    column += item.size();
  }
  return text;
}

std::string cpp_type(ir::ElementType element) {
  switch (element) {
  case ir::ElementType::kFloat32:
    return "float";
  case ir::ElementType::kInt8:
    return "std::int8_t";
  case ir::ElementType::kInt16:
    return "std::int16_t";
  case ir::ElementType::kInt32:
    return "std::int32_t";
  case ir::ElementType::kInt64:
    return "std::int64_t";
  case ir::ElementType::kUint8:
  case ir::ElementType::kBool: // truth values are bytes
    break;
  }
  return "std::uint8_t";
}

Fields &Fields::add(std::string name, std::string text) {
  fields_.emplace_back(std::move(name), std::move(text));
  return *this;
}

Fields &Fields::add_list(std::string name, const std::vector<std::int64_t> &values) {
  std::string text;
  for (const std::int64_t value : values) {
    text += (text.empty() ? "" : ", ") + std::to_string(value);
  }
  return add(std::move(name), "{" + text + "}");
}

std::string Fields::text() const {
  std::string result;
  for (const auto &[name, text] : fields_) {
    result += (result.empty() ? "/*" : ", /*") + name + "=*/" + text;
  }
  return "{" + result + "}";
}

std::string Fields::lines() const {
  std::string result = "{\n";
  for (const auto &[name, text] : fields_) {
    const std::string start = "    /*" + name + "=*/";
    result += start + wrapped(text, start.size(), start.size() + 1) + ",\n";
  }
  return result + "}";
}

} // namespace tinyml::codegen
