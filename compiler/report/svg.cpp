// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/svg.hpp"

#include "compiler/report/palette.hpp"

#include <cmath>
#include <fmt/format.h>

namespace tinyml::report {
namespace {

const char *anchor_text(Anchor anchor) {
  switch (anchor) {
  case Anchor::kMiddle:
    return " text-anchor=\"middle\"";
  case Anchor::kEnd:
    return " text-anchor=\"end\"";
  case Anchor::kStart:
    break;
  }
  return "";
}

} // namespace

std::string number(double value) {
  constexpr double kTenths = 10;
  const double rounded = std::round(value * kTenths) / kTenths;
  return rounded == std::floor(rounded) ? fmt::format("{:.0f}", rounded == 0 ? 0.0 : rounded)
                                        : fmt::format("{:.1f}", rounded);
}

Svg::Svg(double width, double height, std::string_view title, std::string_view description)
    : width_(width), title_(xml_text(title)), description_(xml_text(description)) {
  (void)height;
}

void Svg::rect(const Box &box, std::string_view classes, double corner,
               std::string_view attributes) {
  body_ +=
      fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" class=\"{}\"", number(box.x),
                  number(box.y), number(box.width), number(box.height), classes);
  if (corner > 0) {
    body_ += fmt::format(" rx=\"{}\"", number(corner));
  }
  body_ += fmt::format("{}{}/>\n", attributes.empty() ? "" : " ", attributes);
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view classes) {
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>\n", number(x1),
                       number(y1), number(x2), number(y2), classes);
}

void Svg::path(std::string_view data, std::string_view classes) {
  body_ += fmt::format("<path d=\"{}\" class=\"{}\"/>\n", data, classes);
}

void Svg::circle(double x, double y, double radius, std::string_view classes) {
  body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" class=\"{}\"/>\n", number(x),
                       number(y), number(radius), classes);
}

void Svg::text(double x, double y, std::string_view content, std::string_view classes,
               Anchor anchor) {
  if (!content.empty()) {
    body_ += fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\"{}>{}</text>\n", number(x), number(y),
                         classes, anchor_text(anchor), xml_text(content));
  }
}

void Svg::vertical_text(double x, double y, std::string_view content, std::string_view classes,
                        Anchor anchor) {
  if (!content.empty()) {
    body_ += fmt::format("<text transform=\"translate({} {}) rotate(-90)\" class=\"{}\"{}>{}"
                         "</text>\n",
                         number(x), number(y), classes, anchor_text(anchor), xml_text(content));
  }
}

void Svg::open_group(std::string_view tooltip, std::string_view attributes) {
  body_ += fmt::format("<g{}{}>\n<title>{}</title>\n", attributes.empty() ? "" : " ", attributes,
                       xml_text(tooltip));
}

std::string Svg::finish(double height) {
  return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
                     "viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>{2}</title>\n<desc>{3}</desc>\n"
                     "{4}<rect class=\"paper\" width=\"{0}\" height=\"{1}\"/>\n{5}</svg>\n",
                     number(width_), number(height), title_, description_, style_sheet(), body_);
}

} // namespace tinyml::report
