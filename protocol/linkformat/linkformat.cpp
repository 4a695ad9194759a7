// SPDX-License-Identifier: Apache-2.0
#include "protocol/linkformat/linkformat.hpp"

#include <algorithm>

namespace tinyml::linkformat {
namespace {

/// Characters of a name or of a value without quotes (ptoken of RFC 6690 section 2, which is wide).
bool is_token(char c) {
  return c > ' ' && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '=';
}
bool is_value(char c) { return is_token(c) || c == '='; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

void skip_space(std::string_view &text) {
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
}

template <typename Belongs> std::string_view take_while(std::string_view &text, Belongs belongs) {
  std::size_t size = 0;
  while (size < text.size() && belongs(text[size])) {
    ++size;
  }
  const std::string_view taken = std::string_view(text.data(), size);
  text.remove_prefix(size);
  return taken;
}

/// Takes what stands up to the closing quote, leaving the escapes in; nothing when it never closes.
std::optional<std::string_view> take_quoted(std::string_view &text) {
  text.remove_prefix(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      const std::string_view inside = std::string_view(text.data(), i);
      text.remove_prefix(i + 1);
      return inside;
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<std::string_view> unescape(std::string_view value, ByteSpan to) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    i += value[i] == '\\' && i + 1 < value.size() ? 1U : 0U;
    if (size == to.size()) {
      return std::nullopt;
    }
    to[size++] = static_cast<std::uint8_t>(value[i]);
  }
  return as_text(to.first(size));
}

std::optional<Attribute> AttributeReader::next() {
  skip_space(rest_);
  if (rest_.empty() || rest_.front() != ';' || failed_) {
    return std::nullopt;
  }
  rest_.remove_prefix(1);
  skip_space(rest_);
  Attribute attribute;
  attribute.name = take_while(rest_, [](char c) { return is_token(c); });
  failed_ = attribute.name.empty();
  if (!failed_ && rest_.starts_with('=')) {
    rest_.remove_prefix(1);
    attribute.has_value = true;
    attribute.quoted = rest_.starts_with('"');
    const auto value = attribute.quoted
                           ? take_quoted(rest_)
                           : std::optional(take_while(rest_, [](char c) { return is_value(c); }));
    failed_ = !value.has_value();
    attribute.value = value.value_or("");
  }
  return failed_ ? std::nullopt : std::optional(attribute);
}

std::optional<Attribute> Link::find(std::string_view name) const {
  AttributeReader reader = attributes();
  while (const auto attribute = reader.next()) {
    if (attribute->name == name) {
      return attribute;
    }
  }
  return std::nullopt;
}

std::optional<Link> Reader::fail() {
  failed_ = true;
  return std::nullopt;
}

std::optional<Link> Reader::next() {
  skip_space(rest_);
  if (rest_.empty() || failed_) {
    return std::nullopt;
  }
  if (!first_) {
    if (rest_.front() != ',') {
      return fail();
    }
    rest_.remove_prefix(1);
    skip_space(rest_);
  }
  first_ = false;
  const std::size_t close = rest_.find('>');
  if (!rest_.starts_with('<') || close == std::string_view::npos) {
    return fail();
  }
  Link link;
  rest_.remove_prefix(1);
  link.target = std::string_view(rest_.data(), close - 1);
  rest_.remove_prefix(close);
  AttributeReader reader(rest_);
  while (reader.next()) {
  }
  if (reader.failed()) {
    return fail();
  }
  link.attribute_text = std::string_view(rest_.data(), rest_.size() - reader.rest().size());
  rest_ = reader.rest();
  return link;
}

Writer &Writer::link(std::string_view target) {
  out_.put(out_.size() == 0 ? "<" : ",<");
  out_.put(target);
  out_.put(">");
  return *this;
}

Writer &Writer::flag(std::string_view name) {
  out_.put(";");
  out_.put(name);
  return *this;
}

Writer &Writer::attribute(std::string_view name, std::string_view value) {
  flag(name).out_.put("=\"");
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out_.put("\\");
    }
    out_.put(static_cast<std::uint8_t>(c));
  }
  out_.put("\"");
  return *this;
}

Writer &Writer::number(std::string_view name, std::uint32_t value) {
  flag(name).out_.put("=");
  std::uint8_t digits[10];
  std::size_t at = sizeof digits;
  do {
    digits[--at] = static_cast<std::uint8_t>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  out_.put(ByteView(digits).subspan(at));
  return *this;
}

} // namespace tinyml::linkformat
