// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/report/report.hpp"
#include "compiler/report/svg.hpp"

namespace tinyml::report {

inline constexpr double kLabelRoom = 150; ///< right of a panel, for what its lines are called

/// Where a panel lies in its picture.
struct PanelPlace {
  double left = 0;
  double top = 0;
  double height = 0;
  double column = 0;       ///< width of a step
  std::string name_prefix; ///< that labels leave out
};

/// One memory over all steps: addresses upwards, a rectangle a tensor, lines for peak, bound and
/// limit.
void draw_memory_panel(Svg &svg, const Report &report, const PanelPlace &place,
                       std::uint32_t memory);

} // namespace tinyml::report
