// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

/// CoRE link format, RFC 6690 (with the more liberal values of RFC 5988 that real peers send).
namespace tinyml::linkformat {

/// One attribute; both parts point into the text. A quoted value is without its quotes but still
/// holds its backslash escapes: see unescape().
struct Attribute {
  std::string_view name;
  std::string_view value; ///< empty for a flag such as "obs"
  bool quoted = false;
  bool has_value = false;
};

/// Resolves the backslashes of a quoted value into `to`; nothing when it does not fit.
[[nodiscard]] std::optional<std::string_view> unescape(std::string_view value, ByteSpan to);

/// The attributes of one link, validated when the link was read.
class AttributeReader {
public:
  explicit AttributeReader(std::string_view text = {}) : rest_(text) {}
  [[nodiscard]] std::optional<Attribute> next();
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool failed() const { return failed_; }

private:
  std::string_view rest_;
  bool failed_ = false;
};

struct Link {
  std::string_view target;         ///< what stands between '<' and '>'
  std::string_view attribute_text; ///< ";name=value..." of this link

  [[nodiscard]] AttributeReader attributes() const { return AttributeReader(attribute_text); }
  /// The first attribute of that name.
  [[nodiscard]] std::optional<Attribute> find(std::string_view name) const;
};

/// Reads links in order; a malformed one ends the reading with failed().
class Reader {
public:
  explicit Reader(std::string_view text) : rest_(text) {}
  [[nodiscard]] std::optional<Link> next();
  [[nodiscard]] bool failed() const { return failed_; }

private:
  std::optional<Link> fail();

  std::string_view rest_;
  bool first_ = true;
  bool failed_ = false;
};

/// Writes links into a caller's buffer: `writer.link("/3/0").attribute("rt", "x").flag("obs")`.
class Writer {
public:
  explicit Writer(ByteSpan buffer) : out_(buffer) {}

  /// Starts a link. The target must hold neither '>' nor control characters.
  Writer &link(std::string_view target);
  /// Quoted, with escapes where needed.
  Writer &attribute(std::string_view name, std::string_view value);
  Writer &number(std::string_view name, std::uint32_t value);
  Writer &flag(std::string_view name);

  [[nodiscard]] bool ok() const { return !out_.overflown(); }
  [[nodiscard]] ByteView bytes() const { return out_.written(); }
  [[nodiscard]] std::string_view text() const { return as_text(out_.written()); }

private:
  ByteWriter out_;
};

} // namespace tinyml::linkformat
