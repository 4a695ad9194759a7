// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/palette.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace tinyml::report {
namespace {

constexpr std::array<Family, 7> kFamilies = {{{"f-conv", "convolution"},
                                              {"f-depthwise", "depthwise"},
                                              {"f-dense", "fully connected"},
                                              {"f-pool", "pooling"},
                                              {"f-element", "elementwise"},
                                              {"f-move", "data movement"},
                                              {"f-other", "other"}}};

struct OpFamily {
  std::string_view op;
  std::size_t family;
};

constexpr OpFamily kOperators[] = {{"conv2d", 0},
                                   {"transpose_conv2d", 0},
                                   {"depthwise_conv2d", 1},
                                   {"fully_connected", 2},
                                   {"matmul", 2},
                                   {"batch_matmul", 2},
                                   {"max_pool2d", 3},
                                   {"average_pool2d", 3},
                                   {"mean", 3},
                                   {"add", 4},
                                   {"sub", 4},
                                   {"mul", 4},
                                   {"div", 4},
                                   {"relu", 4},
                                   {"clip", 4},
                                   {"sigmoid", 4},
                                   {"tanh", 4},
                                   {"pad", 5},
                                   {"reshape", 5},
                                   {"transpose", 5},
                                   {"concat", 5},
                                   {"split", 5},
                                   {"slice", 5},
                                   {"strided_slice", 5},
                                   {"gather", 5},
                                   {"quantize", 5},
                                   {"dequantize", 5},
                                   {"requantize", 5}};

/// Fill and edge of a class, in light and in dark.
struct Paint {
  std::string_view css;
  std::string_view light_fill, light_edge;
  std::string_view dark_fill, dark_edge;
};

constexpr Paint kPaints[] = {{"f-conv", "#bcd7f5", "#3a78b8", "#1f4368", "#6ea8e0"},
                             {"f-depthwise", "#b5e3dd", "#2b8a7e", "#17493f", "#57bfb0"},
                             {"f-dense", "#d9cdf3", "#7355b5", "#3c2e66", "#a78be3"},
                             {"f-pool", "#fbd9ae", "#c0781a", "#5a3c12", "#e3a34e"},
                             {"f-element", "#cbe8b9", "#55902f", "#2d4a1c", "#8cc566"},
                             {"f-move", "#d8dce2", "#6b7684", "#363d47", "#98a3b1"},
                             {"f-other", "#f6c9d6", "#b94a70", "#582437", "#e07f9f"},
                             {"f-input", "#f3eaa9", "#a08c16", "#4a4310", "#d1bd4a"},
                             {"f-scratch", "#eceff3", "#8a94a1", "#262c34", "#7d8794"},
                             {"f-state", "#c3e4f3", "#2f7f9e", "#173e4f", "#5cb4d6"},
                             {"f-system", "#c9d3df", "#5b6b7d", "#303a46", "#8c9bad"},
                             {"f-limit", "#8250df", "#6f3fc4", "#a371f7", "#bc8cff"},
                             {"f-over", "#f5b5b0", "#cf222e", "#6b1f1f", "#ff7b72"}};

std::string paint_rules(bool dark) {
  std::string rules;
  for (const Paint &paint : kPaints) {
    rules += fmt::format(".{}{{fill:{};stroke:{}}}", paint.css,
                         dark ? paint.dark_fill : paint.light_fill,
                         dark ? paint.dark_edge : paint.light_edge);
  }
  return rules;
}

constexpr std::string_view kShapes =
    "text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;font-size:11px}"
    ".h1{font-size:17px;font-weight:600}.h2{font-size:13px;font-weight:600}.small{font-size:10px}"
    ".tiny{font-size:9px}.b{font-weight:600}.num{font-variant-numeric:tabular-nums}"
    ".thin{stroke-width:1}.edge{fill:none;stroke-width:1.6}.dash{stroke-dasharray:6 4}"
    ".strong{stroke-width:2}.grid{stroke-width:.6}"
    ".halo{paint-order:stroke;stroke-width:2.6px;stroke-linejoin:round;stroke-opacity:.7}";

constexpr std::string_view kLight =
    ".paper{fill:#fff}.halo{stroke:#fff}text{fill:#1f2328}.soft{fill:#59636e}.grid{stroke:#d5dae0}"
    ".axis{stroke:#8b949e}.edge{stroke:#8b949e}.stripe{fill:#f6f8fa}.track{fill:#eaeef2}"
    ".peak{stroke:#cf222e}.peak-text{fill:#b01d28}.bound{stroke:#1a7f37}.bound-text{fill:#166a2e}"
    ".limit{stroke:#8250df}.limit-text{fill:#6f3fc4}.used{fill:#a9c8ee;stroke:#3a78b8}"
    ".used-most{fill:#f2a69f;stroke:#cf222e}.hatch{stroke:#1f2328}.hatch-area{stroke:#59636e}"
    ".arrow{fill:#8b949e}.good{fill:#1a7f37}.bad{fill:#cf222e}";

constexpr std::string_view kDark =
    ".paper{fill:#0d1117}.halo{stroke:#0d1117}text{fill:#e6edf3}.soft{fill:#9aa4af}.grid{stroke:#"
    "2a3139}"
    ".axis{stroke:#6e7681}.edge{stroke:#7d8590}.stripe{fill:#151b23}.track{fill:#21262d}"
    ".peak{stroke:#ff7b72}.peak-text{fill:#ff7b72}.bound{stroke:#3fb950}.bound-text{fill:#56d364}"
    ".limit{stroke:#a371f7}.limit-text{fill:#bc8cff}.used{fill:#1f4368;stroke:#6ea8e0}"
    ".used-most{fill:#7a2a26;stroke:#ff7b72}.hatch{stroke:#e6edf3}.hatch-area{stroke:#9aa4af}"
    ".arrow{fill:#7d8590}.good{fill:#3fb950}.bad{fill:#ff7b72}";

constexpr std::string_view kPatterns =
    "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" class=\"hatch\" "
    "stroke-width=\"1.3\" opacity=\".45\"/></pattern></defs>\n";

} // namespace

Family family_of(std::string_view op) {
  const auto *found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                   [&](const OpFamily &one) { return one.op == op; });
  return found == std::end(kOperators) ? kFamilies.back() : kFamilies[found->family];
}

std::string style_sheet() {
  return fmt::format("<style>{}{}{}@media (prefers-color-scheme: dark){{{}{}}}</style>\n{}",
                     kShapes, kLight, paint_rules(false), kDark, paint_rules(true), kPatterns);
}

} // namespace tinyml::report
