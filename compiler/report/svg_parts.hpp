// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/report/report.hpp"
#include "compiler/report/svg.hpp"

/// What all pictures have.
namespace tinyml::report {

/// Title and a line of figures; returns the y below.
double draw_heading(Svg &svg, const Report &report, double width, std::string_view what);

struct LegendEntry {
  std::string css; ///< of the swatch; "hatched" for the pattern
  std::string title;
};

/// The families of operators that occur, in the order of the palette.
[[nodiscard]] std::vector<LegendEntry> family_legend(const Report &report);

/// In as many rows as needed; returns the y below.
double draw_legend(Svg &svg, const std::vector<LegendEntry> &entries, double x, double y,
                   double width);

/// A power of two that gives at most `most` ticks.
[[nodiscard]] double byte_tick(double top_bytes, int most);

/// A horizontal line across a plot, with two words at its right end.
struct LevelLine {
  double bytes = 0;
  std::string css;
  std::string title;
  std::string note;
};

/// Labels are moved apart where lines are close together.
void draw_level_lines(Svg &svg, const std::vector<LevelLine> &lines, const Box &plot, double scale);

} // namespace tinyml::report
