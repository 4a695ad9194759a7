// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/svg_parts.hpp"

#include "compiler/report/palette.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tinyml::report {
namespace {

constexpr double kMargin = 24;

std::string figures_of(const Report &report) {
  std::string text = fmt::format("{}, {}", report.precision, report.target);
  text += fmt::format("  ·  {} MACs", compact(static_cast<double>(report.macs)));
  if (report.instructions) {
    text += fmt::format("  ·  {} instructions (estimated)", compact(*report.instructions));
  }
  const char *about = report.whole_image ? "" : " (estimated, model alone)";
  text += fmt::format("  ·  ROM {}, RAM {}{}", bytes_text(report.rom_bytes),
                      bytes_text(report.ram_bytes), about);
  return text;
}

} // namespace

double draw_heading(Svg &svg, const Report &report, double width, std::string_view what) {
  const double room = width - 2 * kMargin;
  const std::string model = fitted(shortened(report.model, 60), room * 0.5, 18);
  svg.text(kMargin, 32, model + " — " + std::string(what), "h1");
  svg.text(kMargin, 52, fitted(figures_of(report), room, 11), "soft");
  return 76;
}

std::vector<LegendEntry> family_legend(const Report &report) {
  std::vector<LegendEntry> entries;
  for (const Layer &layer : report.layers) {
    const Family family = family_of(layer.op);
    const bool known = std::any_of(entries.begin(), entries.end(),
                                   [&](const LegendEntry &one) { return one.css == family.css; });
    if (!known) {
      entries.push_back({std::string(family.css), std::string(family.title)});
    }
  }
  return entries;
}

double draw_legend(Svg &svg, const std::vector<LegendEntry> &entries, double x, double y,
                   double width) {
  constexpr double kSwatch = 14;
  constexpr double kRow = 20;
  double at = x;
  for (const LegendEntry &entry : entries) {
    const double needed = kSwatch + 6 + text_width(entry.title, 11) + 16;
    if (at > x && at + needed > x + width) {
      at = x;
      y += kRow;
    }
    const Box swatch{at, y - 10, kSwatch, 11};
    if (entry.css == "hatched") {
      svg.rect(swatch, "f-input thin", 2);
      svg.rect(swatch, "", 2, "fill=\"url(#hatch)\"");
    } else {
      svg.rect(swatch, entry.css + " thin", 2);
    }
    svg.text(at + kSwatch + 6, y, entry.title, "soft");
    at += needed;
  }
  return y + kRow;
}

double byte_tick(double top_bytes, int most) {
  double tick = 1;
  while (top_bytes / tick > most) {
    tick *= 2;
  }
  return tick;
}

void draw_level_lines(Svg &svg, const std::vector<LevelLine> &lines, const Box &plot,
                      double scale) {
  constexpr double kLabelHeight = 28;
  std::vector<LevelLine> sorted = lines;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto &a, const auto &b) { return a.bytes > b.bytes; });
  const double bottom = plot.y + plot.height;
  const double right = plot.x + plot.width;
  double lowest_free = plot.y - kLabelHeight;
  for (const LevelLine &line : sorted) {
    const double y = bottom - line.bytes * scale;
    const double label = std::max(y, lowest_free);
    svg.line(plot.x, y, right + 6, y, line.css + " dash strong");
    svg.path(fmt::format("M{} {}L{} {}", number(right + 6), number(y), number(right + 12),
                         number(label)),
             line.css + " edge");
    svg.text(right + 16, label + 1, line.title, "b " + line.css + "-text");
    svg.text(right + 16, label + 14, line.note, "small soft num");
    lowest_free = label + kLabelHeight;
  }
}

} // namespace tinyml::report
