// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/memory_panel.hpp"
#include "compiler/report/palette.hpp"
#include "compiler/report/report.hpp"
#include "compiler/report/svg.hpp"
#include "compiler/report/svg_parts.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace tinyml::report {
namespace {

constexpr double kLeft = 84;
constexpr double kPanelHeight = 380;
constexpr double kPanelGap = 34;
constexpr double kStripHeight = 74;
constexpr double kLeastColumn = 18;
constexpr double kMostColumn = 130;
constexpr double kPlotWidth = 900;
constexpr double kLabelPixels = 11;
constexpr double kTinyPixels = 9;

/// "model/" when more than half of the names begin so.
std::string shared_prefix(const Report &report) {
  std::map<std::string, std::size_t> counts;
  for (const Tensor &tensor : report.tensors) {
    const std::size_t slash = tensor.names.front().find('/');
    if (tensor.role != Role::kScratch && slash != std::string::npos && slash > 0) {
      ++counts[tensor.names.front().substr(0, slash + 1)];
    }
  }
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto &a, const auto &b) { return a.second < b.second; });
  return most != counts.end() && most->second > 2 && most->second * 2 > report.layers.size()
             ? most->first
             : "";
}

/// A picture of one report: columns are steps, one panel a memory, a strip of sums below.
class MemoryMap {
public:
  explicit MemoryMap(const Report &report)
      : report_(report), steps_(std::max<std::size_t>(1, report.layers.size())),
        column_(std::clamp(kPlotWidth / static_cast<double>(steps_), kLeastColumn, kMostColumn)),
        plot_width_(column_ * static_cast<double>(steps_)),
        width_(std::max(780.0, kLeft + plot_width_ + kLabelRoom)), prefix_(shared_prefix(report)),
        svg_(width_, 0, report.model + ": memory map over time",
             "Columns are operators in the order of execution, heights are addresses.") {}

  std::string draw() {
    double y = draw_heading(svg_, report_, width_, "Where every tensor lies, step by step");
    y = draw_legend(svg_, legend(), kLeft, y, width_ - kLeft) + 18;
    for (std::uint32_t memory = 0; memory < report_.memories.size(); ++memory) {
      const double height = report_.memories.size() == 1 ? kPanelHeight : kPanelHeight * 0.6;
      draw_memory_panel(svg_, report_, {kLeft, y, height, column_, prefix_}, memory);
      y += height + kPanelGap;
    }
    y = draw_strip(y);
    return svg_.finish(draw_step_names(y) + 16);
  }

private:
  double x_of(double step) const { return kLeft + step * column_; }

  std::vector<LegendEntry> legend() const {
    std::vector<LegendEntry> entries = family_legend(report_);
    const auto has = [&](auto wanted) {
      return std::any_of(report_.tensors.begin(), report_.tensors.end(), wanted);
    };
    if (has([](const Tensor &tensor) { return tensor.role == Role::kState; })) {
      entries.push_back({std::string(kStateFamily.css), std::string(kStateFamily.title)});
    }
    if (has([](const Tensor &tensor) { return !tensor.made_by && tensor.role != Role::kState; })) {
      entries.insert(entries.begin(),
                     {std::string(kInputFamily.css), std::string(kInputFamily.title)});
    }
    if (has([](const Tensor &tensor) { return tensor.role == Role::kScratch; })) {
      entries.push_back({std::string(kScratchFamily.css), std::string(kScratchFamily.title)});
    }
    entries.push_back({"hatched", "output written over input that was read"});
    return entries;
  }

  double draw_strip(double top) {
    std::uint64_t most = 1;
    for (const Layer &layer : report_.layers) {
      most = std::max(most, layer.used_bytes);
    }
    svg_.text(kLeft, top - 6, "Bytes in use at each step", "h2");
    const double bottom = top + kStripHeight;
    bool most_unnamed = true;
    for (std::size_t step = 0; step < report_.layers.size(); ++step) {
      const Layer &layer = report_.layers[step];
      const double height =
          (kStripHeight - 14) * static_cast<double>(layer.used_bytes) / static_cast<double>(most);
      const bool is_most = layer.used_bytes == most;
      svg_.open_group(fmt::format("step {}: {} bytes in use", step, grouped(layer.used_bytes)));
      svg_.rect({x_of(static_cast<double>(step)) + 1.5, bottom - height, column_ - 3, height},
                is_most ? "used-most thin" : "used thin");
      svg_.close_group();
      const std::string label = bytes_text(layer.used_bytes);
      const bool first_most = is_most && std::exchange(most_unnamed, false);
      if (first_most || text_width(label, kTinyPixels) <= column_ - 2) {
        svg_.text(x_of(static_cast<double>(step) + 0.5), bottom - height - 3, label,
                  "tiny num soft", Anchor::kMiddle);
      }
    }
    svg_.line(kLeft, bottom, kLeft + plot_width_, bottom, "axis");
    return bottom;
  }

  /// Across where columns are wide, else upwards.
  double draw_step_names(double top) {
    constexpr double kAcross = 84;
    constexpr double kNameHeight = 128;
    for (std::size_t step = 0; step < report_.layers.size(); ++step) {
      const Layer &layer = report_.layers[step];
      const double x = x_of(static_cast<double>(step) + 0.5);
      const std::string op = fmt::format("{} {}", step, layer.op);
      svg_.open_group(fmt::format("step {}: {} {}\n{}", step, layer.op, layer.detail,
                                  shortened(layer.name, 200)));
      if (column_ >= kAcross) {
        svg_.text(x, top + 16, fitted(op, column_ - 4, kLabelPixels), "b", Anchor::kMiddle);
        svg_.text(x, top + 30, fitted(layer.name, column_ - 6, kTinyPixels + 1), "soft small",
                  Anchor::kMiddle);
      } else {
        svg_.vertical_text(x + 4, top + 8, fitted(op, kNameHeight, kLabelPixels - 1), "small",
                           Anchor::kEnd);
      }
      svg_.close_group();
    }
    return top + (column_ >= kAcross ? 36 : kNameHeight);
  }

  const Report &report_;
  std::size_t steps_;
  double column_;
  double plot_width_;
  double width_;
  std::string prefix_;
  Svg svg_;
};

} // namespace

std::string memory_map_svg(const Report &report) { return MemoryMap(report).draw(); }

} // namespace tinyml::report
