// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/lanes.hpp"
#include "compiler/report/palette.hpp"
#include "compiler/report/report.hpp"
#include "compiler/report/svg.hpp"
#include "compiler/report/svg_parts.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tinyml::report {
namespace {

constexpr double kMargin = 24;
constexpr double kFont = 11;
constexpr double kBold = 1.05; ///< wider than plain text

/// A column of the table beside the graph: a bar and a number in every row.
struct Column {
  std::string title;
  double width;
  double (*value)(const Report &, const Layer &);
  std::string (*text)(const Report &, const Layer &);
};

const Tensor *written_tensor(const Report &report, const Layer &layer) {
  return layer.writes.empty() ? nullptr : &report.tensors[report.values[layer.writes[0]].tensor];
}

double macs_of(const Report & /*report*/, const Layer &layer) {
  return static_cast<double>(layer.macs);
}
std::string macs_text(const Report & /*report*/, const Layer &layer) {
  return layer.macs == 0 ? "" : compact(static_cast<double>(layer.macs));
}
double instructions_of(const Report & /*report*/, const Layer &layer) {
  return layer.instructions.value_or(0);
}
std::string instructions_text(const Report & /*report*/, const Layer &layer) {
  return !layer.instructions ? "?" : *layer.instructions < 1 ? "" : compact(*layer.instructions);
}
double rom_of(const Report & /*report*/, const Layer &layer) {
  return static_cast<double>(layer.weight_bytes + layer.constant_bytes);
}
std::string rom_text(const Report & /*report*/, const Layer &layer) {
  const std::uint64_t bytes = layer.weight_bytes + layer.constant_bytes;
  return bytes == 0 ? "" : bytes_text(bytes);
}
double output_of(const Report &report, const Layer &layer) {
  const Tensor *tensor = written_tensor(report, layer);
  return tensor == nullptr ? 0 : tensor->size_bytes;
}
std::string output_text(const Report &report, const Layer &layer) {
  const Tensor *tensor = written_tensor(report, layer);
  return tensor == nullptr ? "" : bytes_text(tensor->size_bytes);
}

const Column kColumns[] = {{"MACs", 118, macs_of, macs_text},
                           {"instructions*", 118, instructions_of, instructions_text},
                           {"ROM of the layer", 122, rom_of, rom_text},
                           {"output", 122, output_of, output_text}};
constexpr double kTypeWidth = 128;
constexpr double kAliveWidth = 76;

/// Rows are operators in the order of execution, lanes keep branches apart.
class GraphPicture {
public:
  explicit GraphPicture(const Report &report)
      : report_(report), lanes_(assign_lanes(report)),
        lane_(std::clamp(480.0 / static_cast<double>(lanes_.count), 64.0, 186.0)),
        row_(report.layers.size() > 45 ? 42 : 50),
        table_(kMargin + lane_ * static_cast<double>(lanes_.count) + 18),
        width_(table_ + table_width() + kMargin),
        svg_(width_, 0, report.model + ": operators",
             "Operators in the order of execution with what each costs.") {}

  std::string draw() {
    double y = draw_heading(svg_, report_, width_, "Operators and what each costs");
    y = draw_legend(svg_, legend(), kMargin, y, width_ - 2 * kMargin) + 8;
    draw_column_titles(y + 8);
    top_ = y + 18;
    draw_stripes();
    draw_edges();
    for (std::size_t row = 0; row < lanes_.rows.size(); ++row) {
      draw_row(row);
    }
    const double bottom = top_ + row_ * static_cast<double>(lanes_.rows.size()) + 22;
    svg_.text(kMargin, bottom, footnote(), "soft small");
    return svg_.finish(bottom + 16);
  }

private:
  static double table_width() {
    double width = kTypeWidth + kAliveWidth;
    for (const Column &column : kColumns) {
      width += column.width;
    }
    return width;
  }

  std::vector<LegendEntry> legend() const {
    std::vector<LegendEntry> entries = family_legend(report_);
    entries.insert(entries.begin(),
                   {std::string(kInputFamily.css), "inputs and outputs of the graph"});
    return entries;
  }

  std::string footnote() const {
    return report_.cost_source.empty() ? "* never measured for this processor"
                                       : "* estimated: " + report_.cost_source;
  }

  double x_of(std::size_t lane) const {
    return kMargin + lane_ * (static_cast<double>(lane) + 0.5);
  }
  double top_of(std::size_t row) const { return top_ + row_ * static_cast<double>(row) + kGap; }
  double bottom_of(std::size_t row) const { return top_ + row_ * static_cast<double>(row + 1); }
  double box_height() const { return row_ - kGap; }

  void draw_column_titles(double y) {
    double x = table_;
    svg_.text(x, y, "output type", "soft b");
    x += kTypeWidth;
    for (const Column &column : kColumns) {
      svg_.text(x, y, column.title, "soft b");
      x += column.width;
    }
    svg_.text(x, y, "alive", "soft b");
  }

  void draw_stripes() {
    for (std::size_t row = 0; row < lanes_.rows.size(); row += 2) {
      svg_.rect({kMargin / 2, top_of(row) - kGap / 2, width_ - kMargin, row_}, "stripe", 4);
    }
  }

  void draw_edges() {
    for (const LaneEdge &edge : lanes_.edges) {
      draw_edge(edge);
    }
  }

  /// Down the value's own lane, then over to the reader just above it.
  void draw_edge(const LaneEdge &edge) {
    const double from_x = x_of(lanes_.rows[edge.from_row].lane);
    const double lane_x = x_of(edge.lane);
    const std::size_t to_lane = lanes_.rows[edge.to_row].lane;
    const double side = edge.lane == to_lane ? 0 : edge.lane > to_lane ? 22 : -22;
    const double to_x = x_of(to_lane) + std::clamp(side, -lane_ / 4, lane_ / 4);
    const double start = bottom_of(edge.from_row);
    const double end = top_of(edge.to_row) - 4;
    std::string path = fmt::format("M{} {}", number(from_x), number(start));
    if (lane_x != from_x) {
      path += curve(from_x, start, lane_x, start + kGap - 4);
    }
    path += fmt::format("V{}", number(end - (kGap - 4)));
    path += lane_x == to_x ? fmt::format("V{}", number(end))
                           : curve(lane_x, end - (kGap - 4), to_x, end);
    svg_.path(path, "edge");
    svg_.path(fmt::format("M{} {}l-3.5 -6h7z", number(to_x), number(end + 4)), "arrow");
  }

  static std::string curve(double x1, double y1, double x2, double y2) {
    const double middle = (y1 + y2) / 2;
    return fmt::format("C{} {} {} {} {} {}", number(x1), number(middle + 3), number(x2),
                       number(middle - 3), number(x2), number(y2));
  }

  void draw_row(std::size_t index) {
    const LaneRow &row = lanes_.rows[index];
    const double width = lane_ - 14;
    const Box box{x_of(row.lane) - width / 2, top_of(index), width, box_height()};
    if (row.kind == LaneRow::Kind::kLayer) {
      draw_layer(report_.layers[row.index], row.index, box);
    } else {
      draw_end(row, box);
    }
  }

  /// A graph input or output.
  void draw_end(const LaneRow &row, const Box &box) {
    const Value &value = report_.values[row.index];
    const bool input = row.kind == LaneRow::Kind::kInput;
    svg_.open_group(fmt::format("graph {} {}\n{}", input ? "input" : "output",
                                shortened(value.name, 200), value.type));
    const double height = std::min(26.0, box.height);
    svg_.rect({box.x + 8, box.y + (box.height - height) / 2, box.width - 16, height},
              "f-input thin", height / 2);
    const double y = box.y + box.height / 2 + 4;
    svg_.text(box.x + box.width / 2, y,
              fitted((input ? "in: " : "out: ") + shortened(value.name, 40), box.width - 30, kFont),
              "", Anchor::kMiddle);
    svg_.close_group();
    svg_.text(table_, y, fitted(value.type, kTypeWidth - 8, kFont), "num");
  }

  /// "depthwise_conv2d 3x3 stride 2 relu", or "depthwise 3x3/2 relu" where that is too long.
  static std::string short_title(const Layer &layer, double room) {
    const std::string full = layer.op + (layer.detail.empty() ? "" : " " + layer.detail);
    if (text_width(full, kFont) * kBold <= room) {
      return full;
    }
    std::string text = layer.op == "depthwise_conv2d" ? "depthwise " + layer.detail : full;
    constexpr std::string_view kStride = " stride ";
    if (const std::size_t at = text.find(kStride); at != std::string::npos) {
      text.replace(at, kStride.size(), "/");
    }
    return text_width(text, kFont) * kBold <= room ? text : layer.op;
  }

  void draw_layer(const Layer &layer, std::uint32_t step, const Box &box) {
    svg_.open_group(tooltip_of(layer, step));
    svg_.rect(box, std::string(family_of(layer.op).css) + " thin", 5);
    const double middle = box.x + box.width / 2;
    const double room = box.width - 10;
    const std::string op = short_title(layer, room);
    const bool named = box.height >= 30 && !layer.name.empty();
    svg_.text(middle, box.y + box.height / 2 + (named ? -2 : 4), fitted(op, room, kFont), "b",
              Anchor::kMiddle);
    if (named) {
      svg_.text(middle, box.y + box.height / 2 + 11, fitted(layer.name, room, 10), "small soft",
                Anchor::kMiddle);
    }
    svg_.close_group();
    draw_cells(layer, step, box.y + box.height / 2);
  }

  void draw_cells(const Layer &layer, std::uint32_t step, double middle) {
    double x = table_;
    svg_.text(x, middle + 4, fitted(layer.output_type, kTypeWidth - 8, kFont), "num");
    x += kTypeWidth;
    for (const Column &column : kColumns) {
      draw_bar(column, layer, x, middle);
      x += column.width;
    }
    const Tensor *tensor = written_tensor(report_, layer);
    if (tensor != nullptr) {
      svg_.text(x, middle + 4,
                tensor->last_step == step
                    ? fmt::format("{}", step)
                    : fmt::format("{} – {}", tensor->first_step, tensor->last_step),
                "num");
    }
  }

  void draw_bar(const Column &column, const Layer &layer, double x, double middle) {
    constexpr double kBar = 52;
    double most = 1;
    for (const Layer &other : report_.layers) {
      most = std::max(most, column.value(report_, other));
    }
    const double value = column.value(report_, layer);
    const double length = value <= 0 ? 0 : std::max(1.5, kBar * value / most);
    if (length > 0) {
      svg_.rect({x, middle - 5, length, 10}, std::string(family_of(layer.op).css) + " thin", 2);
    }
    svg_.text(x + length + (length > 0 ? 6 : 0), middle + 4, column.text(report_, layer), "num");
  }

  static std::string tooltip_of(const Layer &layer, std::uint32_t step) {
    std::string text = fmt::format("step {}: {} {}\n{}\n{} MACs", step, layer.op, layer.detail,
                                   shortened(layer.name, 200), grouped(layer.macs));
    if (layer.instructions) {
      text += fmt::format(", {} instructions (estimated)",
                          grouped(static_cast<std::uint64_t>(*layer.instructions)));
    }
    return text +
           fmt::format("\n{} bytes of weights, {} of other constants\n{} bytes of RAM in use",
                       grouped(layer.weight_bytes), grouped(layer.constant_bytes),
                       grouped(layer.used_bytes));
  }

  static constexpr double kGap = 16;

  const Report &report_;
  Lanes lanes_;
  double lane_;
  double row_;
  double table_;
  double width_;
  Svg svg_;
  double top_ = 0;
};

} // namespace

std::string graph_svg(const Report &report) { return GraphPicture(report).draw(); }

} // namespace tinyml::report
