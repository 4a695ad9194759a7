// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/palette.hpp"
#include "compiler/report/report.hpp"
#include "compiler/report/svg.hpp"
#include "compiler/report/svg_parts.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace tinyml::report {
namespace {

constexpr double kMargin = 24;
constexpr double kWidth = 980;
constexpr double kInner = kWidth - 2 * kMargin;
constexpr std::array<const char *, 7> kPartColours = {"f-system", "f-element", "f-dense", "f-conv",
                                                      "f-move",   "f-pool",    "f-other"};

using PartBytes = std::uint64_t Part::*;

class BudgetBars {
public:
  explicit BudgetBars(const Report &report)
      : report_(report), svg_(kWidth, 0, report.model + ": budget",
                              "Read-only memory and RAM by part, and costs by layer.") {}

  std::string draw() {
    double y = draw_heading(svg_, report_, kWidth, "ROM and RAM against what there is") + 8;
    y = draw_budget("ROM", &Part::rom_bytes, report_.rom_bytes, report_.rom_limit_bytes, y);
    y = draw_budget("RAM", &Part::ram_bytes, report_.ram_bytes, report_.ram_limit_bytes, y + 16);
    y = draw_layers(y + 26);
    y = draw_kernels(y + 26);
    return svg_.finish(y + 12);
  }

private:
  double draw_budget(const std::string &title, PartBytes bytes, std::uint64_t used,
                     const std::optional<std::uint64_t> &limit, double y) {
    const double most = static_cast<double>(std::max<std::uint64_t>({1, used, limit.value_or(0)}));
    svg_.text(kMargin, y, title, "h2");
    svg_.text(kMargin + 44, y, verdict(used, limit),
              used <= limit.value_or(used) ? "soft" : "bad b");
    const double top = y + 12;
    constexpr double kBar = 30;
    svg_.rect({kMargin, top, kInner, kBar}, "track", 4);
    draw_segments(bytes, most, top, kBar);
    if (limit) {
      const double x = kMargin + kInner * static_cast<double>(*limit) / most;
      if (used > *limit) {
        svg_.rect({x, top, kMargin + kInner * static_cast<double>(used) / most - x, kBar}, "f-over",
                  0, "fill-opacity=\".55\"");
      }
      svg_.line(x, top - 5, x, top + kBar + 5, "limit strong");
    }
    return draw_part_legend(bytes, limit, top + kBar + 20);
  }

  static std::string verdict(std::uint64_t used, const std::optional<std::uint64_t> &limit) {
    if (!limit) {
      return fmt::format("{} bytes", grouped(used));
    }
    const double share =
        100.0 * static_cast<double>(used) / static_cast<double>(std::max<std::uint64_t>(1, *limit));
    return used <= *limit
               ? fmt::format("{} of {} bytes, {:.0f} %", grouped(used), grouped(*limit), share)
               : fmt::format("{} bytes, {} more than the {} there are", grouped(used),
                             grouped(used - *limit), grouped(*limit));
  }

  static const char *colour(std::size_t part) { return kPartColours[part % kPartColours.size()]; }

  void draw_segments(PartBytes bytes, double most, double top, double height) {
    double x = kMargin;
    for (std::size_t i = 0; i < report_.parts.size(); ++i) {
      const Part &part = report_.parts[i];
      const double width = kInner * static_cast<double>(part.*bytes) / most;
      if (part.*bytes == 0) {
        continue;
      }
      svg_.open_group(fmt::format("{}: {} bytes", shortened(part.name, 80), grouped(part.*bytes)));
      svg_.rect({x, top, width, height}, std::string(colour(i)) + " thin");
      const std::string label = bytes_text(part.*bytes);
      if (text_width(label, 11) + 8 <= width) {
        svg_.text(x + width / 2, top + height / 2 + 4, label, "num", Anchor::kMiddle);
      }
      svg_.close_group();
      x += width;
    }
  }

  double draw_part_legend(PartBytes bytes, const std::optional<std::uint64_t> &limit, double y) {
    std::vector<LegendEntry> entries;
    for (std::size_t i = 0; i < report_.parts.size(); ++i) {
      const Part &part = report_.parts[i];
      if (part.*bytes != 0) {
        entries.push_back({colour(i), shortened(part.name, 60) + " " + grouped(part.*bytes)});
      }
    }
    if (limit) {
      entries.push_back({"f-limit", "limit " + grouped(*limit)});
    }
    return draw_legend(svg_, entries, kMargin, y, kInner);
  }

  struct LayerColumn {
    const char *title;
    double x;
    double (*value)(const Layer &);
    std::string (*text)(const Layer &);
  };

  double draw_layers(double y) {
    static const LayerColumn kColumns[] = {
        {"ROM: weights and constants", 330,
         [](const Layer &l) { return static_cast<double>(l.weight_bytes + l.constant_bytes); },
         [](const Layer &l) {
           const std::uint64_t bytes = l.weight_bytes + l.constant_bytes;
           return bytes == 0 ? std::string() : bytes_text(bytes);
         }},
        {"RAM in use", 550, [](const Layer &l) { return static_cast<double>(l.used_bytes); },
         [](const Layer &l) { return bytes_text(l.used_bytes); }},
        {"instructions (estimated)", 760, [](const Layer &l) { return l.instructions.value_or(0); },
         [](const Layer &l) {
           return !l.instructions       ? std::string("never measured")
                  : *l.instructions < 1 ? std::string()
                                        : compact(*l.instructions);
         }}};
    svg_.text(kMargin, y, "By layer", "h2");
    for (const LayerColumn &column : kColumns) {
      svg_.text(column.x, y, column.title, "soft b");
    }
    constexpr double kRow = 20;
    y += 10;
    for (std::size_t step = 0; step < report_.layers.size(); ++step, y += kRow) {
      draw_layer(step, y, kRow, kColumns);
    }
    return y;
  }

  void draw_layer(std::size_t step, double y, double row, const LayerColumn (&columns)[3]) {
    const Layer &layer = report_.layers[step];
    if (step % 2 == 0) {
      svg_.rect({kMargin - 6, y, kInner + 12, row}, "stripe", 3);
    }
    const std::string op = fmt::format("{} {}", step, layer.op);
    svg_.text(kMargin, y + 14, fitted(op, 140, 11), "b");
    svg_.text(kMargin + 146, y + 14, fitted(layer.name, 145, 11), "soft");
    for (const LayerColumn &column : columns) {
      double most = 1;
      for (const Layer &other : report_.layers) {
        most = std::max(most, column.value(other));
      }
      constexpr double kBar = 120;
      const double value = column.value(layer);
      const double length = value <= 0 ? 0 : std::max(1.5, kBar * value / most);
      if (length > 0) {
        svg_.rect({column.x, y + 5, length, 10}, std::string(family_of(layer.op).css) + " thin", 2);
      }
      svg_.text(column.x + length + (length > 0 ? 6 : 0), y + 14, column.text(layer), "num");
    }
  }

  double draw_kernels(double y) {
    if (report_.kernels.empty()) {
      return y;
    }
    svg_.text(kMargin, y,
              report_.whole_image ? "Code of the module, by function"
                                  : "Code of the module, by kernel (estimated)",
              "h2");
    std::uint64_t most = 1;
    for (const KernelCode &kernel : report_.kernels) {
      most = std::max(most, kernel.bytes);
    }
    y += 10;
    constexpr double kRow = 20;
    for (const KernelCode &kernel : report_.kernels) {
      const double length =
          std::max(1.5, 340.0 * static_cast<double>(kernel.bytes) / static_cast<double>(most));
      svg_.text(kMargin, y + 14, fitted(kernel.name, 290, 11), "");
      svg_.rect({330, y + 5, length, 10}, "f-element thin", 2);
      svg_.text(330 + length + 6, y + 14, bytes_text(kernel.bytes), "num");
      y += kRow;
    }
    return y;
  }

  const Report &report_;
  Svg svg_;
};

} // namespace

std::string budget_svg(const Report &report) { return BudgetBars(report).draw(); }

} // namespace tinyml::report
