// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace tinyml::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

/// Length of the well-formed UTF-8 sequence at the front, with its code point; 0 when there is
/// none (RFC 3629, section 4).
struct Decoded {
  std::size_t length = 0;
  std::uint32_t code_point = 0;
};

Decoded decode(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) {
    return {};
  }
  constexpr std::array<std::uint8_t, 5> kLeadBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  std::uint32_t point = lead & kLeadBits[length];
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xC0) != 0x80) {
      return {};
    }
    point = point << 6 | (byte & 0x3F);
  }
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point < kLeast[length] || point > 0x10FFFF || surrogate ? Decoded{}
                                                                 : Decoded{length, point};
}

/// Control characters, those that change the direction of what follows, and those XML forbids.
bool is_unwanted(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x200B && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2060 && point <= 0x206F) ||
         point == 0xFEFF || (point & 0xFFFE) == 0xFFFE;
}

/// Calls `at(piece)` for every character of the text made printable.
template <typename At> void for_each_character(std::string_view text, At at) {
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    const std::size_t length = std::max<std::size_t>(1, decoded.length);
    at(decoded.length == 0 || is_unwanted(decoded.code_point) ? kReplacement
                                                              : text.substr(0, length));
    text.remove_prefix(length);
  }
}

std::string_view escaped(std::string_view character) {
  switch (character[0]) {
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '&':
    return "&amp;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  default:
    return character;
  }
}

/// Of the font's size.
double width_of(std::string_view character) {
  constexpr double kWide = 1.0; // what is not ASCII may be anything
  if (character.size() > 1) {
    return kWide;
  }
  constexpr std::string_view kNarrow = "iljtfrI.,:;'|!()[] /-";
  constexpr std::string_view kBroad = "mwMWQO@%&_#GD";
  const char c = character[0];
  return kNarrow.find(c) != std::string_view::npos  ? 0.40
         : kBroad.find(c) != std::string_view::npos ? 0.92
         : c >= 'A' && c <= 'Z'                     ? 0.73
                                                    : 0.62;
}

} // namespace

std::string xml_text(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::string_view character) { out += escaped(character); });
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::string_view character) { out += character; });
  return out;
}

std::string shortened(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t kept = 0; // bytes of the first most - 1 characters
  std::size_t characters = 0;
  for_each_character(text.substr(0, most * 4 + 4), [&](std::string_view character) {
    ++characters;
    kept = characters < most ? kept + character.size() : kept;
    out += character;
  });
  return characters <= most ? out : out.substr(0, kept) + std::string(kEllipsis);
}

double text_width(std::string_view text, double font_pixels) {
  double width = 0;
  for_each_character(text, [&](std::string_view character) { width += width_of(character); });
  return width * font_pixels;
}

std::string fitted(std::string_view text, double width, double font_pixels) {
  constexpr std::size_t kMost = 160;
  constexpr std::size_t kLeast = 3;
  const std::string whole = shortened(text, kMost);
  if (text_width(whole, font_pixels) <= width) {
    return whole;
  }
  double used = text_width(kEllipsis, font_pixels);
  std::size_t characters = 1; // the ellipsis
  for_each_character(whole, [&](std::string_view character) {
    used += width_of(character) * font_pixels;
    characters += used <= width ? 1 : 0;
  });
  return characters < kLeast ? std::string() : shortened(whole, characters);
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) {
    text.insert(at - 3, ",");
  }
  return text;
}

std::string compact(double number) {
  constexpr double kThousand = 1e3;
  constexpr double kMillion = 1e6;
  if (number >= kMillion) {
    return fmt::format("{:.{}f} M", number / kMillion, number < 10 * kMillion ? 2 : 1);
  }
  if (number >= 10 * kThousand) {
    return fmt::format("{:.0f} k", number / kThousand);
  }
  return grouped(static_cast<std::uint64_t>(std::llround(number)));
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::uint64_t kKilo = 1024;
  return bytes < 10 * kKilo ? grouped(bytes) + " B"
                            : fmt::format("{:.1f} KB", static_cast<double>(bytes) / kKilo);
}

} // namespace tinyml::report
