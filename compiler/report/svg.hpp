// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// A small writer of SVG. Everything textual passes through `xml_text`: names are hostile input.
namespace tinyml::report {

/// Text as XML content or attribute value: markup escaped; control characters, characters that
/// reorder what follows them and bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string xml_text(std::string_view text);

/// The same replacement without the escaping, for terminals.
[[nodiscard]] std::string printable(std::string_view text);

/// At most `most` characters of printable text, the last one an ellipsis where something was cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

/// Width of printable text in pixels, a little more than fonts without serifs take.
[[nodiscard]] double text_width(std::string_view text, double font_pixels);

/// As much of the text as fits; empty when not even three characters do.
[[nodiscard]] std::string fitted(std::string_view text, double width, double font_pixels);

/// "12,345"
[[nodiscard]] std::string grouped(std::uint64_t number);
/// "1.2 M", "34 k", "567"
[[nodiscard]] std::string compact(double number);
/// "4,763 B" or "62.8 KB" (1,024 bytes)
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

/// Where a text's position lies in it.
enum class Anchor : std::uint8_t { kStart, kMiddle, kEnd };

class Svg {
public:
  Svg(double width, double height, std::string_view title, std::string_view description);

  /// `classes` name rules of the style sheet (palette.cpp); they are ours, never a model's.
  void rect(const Box &box, std::string_view classes, double corner = 0,
            std::string_view attributes = {});
  void line(double x1, double y1, double x2, double y2, std::string_view classes);
  void path(std::string_view data, std::string_view classes);
  void circle(double x, double y, double radius, std::string_view classes);
  void text(double x, double y, std::string_view content, std::string_view classes,
            Anchor anchor = Anchor::kStart);
  /// Reads upwards.
  void vertical_text(double x, double y, std::string_view content, std::string_view classes,
                     Anchor anchor = Anchor::kStart);
  /// Everything until close_group() shows `tooltip` under the mouse.
  void open_group(std::string_view tooltip, std::string_view attributes = {});
  void close_group() { body_ += "</g>\n"; }

  /// The document; the height may have grown since the start.
  [[nodiscard]] std::string finish(double height);

private:
  double width_;
  std::string title_;
  std::string description_;
  std::string body_;
};

/// "12.5": at most one digit behind the point.
[[nodiscard]] std::string number(double value);

} // namespace tinyml::report
