// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/memory_panel.hpp"

#include "compiler/report/palette.hpp"
#include "compiler/report/svg_parts.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tinyml::report {
namespace {

constexpr double kLabelPixels = 11;
constexpr double kTinyPixels = 9;

bool alive_at(const Tensor &tensor, std::uint32_t step) {
  return tensor.first_step <= step && step <= tensor.last_step;
}

bool share_addresses(const Tensor &a, const Tensor &b) {
  return a.memory == b.memory && a.offset_bytes < std::uint64_t{b.offset_bytes} + b.size_bytes &&
         b.offset_bytes < std::uint64_t{a.offset_bytes} + a.size_bytes;
}

class Panel {
public:
  Panel(Svg &svg, const Report &report, const PanelPlace &place, std::uint32_t index)
      : svg_(svg), report_(report), index_(index), left_(place.left), column_(place.column),
        steps_(std::max<std::size_t>(1, report.layers.size())),
        plot_width_(column_ * static_cast<double>(steps_)), prefix_(place.name_prefix),
        top_(place.top), bottom_(place.top + place.height),
        scale_(place.height / top_of(report.memories[index])) {}

  void draw() {
    const Memory &memory = report_.memories[index_];
    svg_.text(left_, top_ - 6,
              shortened(memory.name, 60) + ": " + grouped(memory.used_bytes) + " bytes", "h2");
    draw_grid(top_of(memory), top_);
    for (const Tensor &tensor : report_.tensors) {
      if (tensor.memory == index_) {
        draw_tensor(tensor);
      }
    }
    find_hand_overs(index_);
    draw_hand_overs();
    draw_labels(index_);
    draw_lines(memory, top_);
  }

private:
  double x_of(double step) const { return left_ + step * column_; }

  /// Bytes at the top of a panel: what is used, and the limit when it is near.
  static double top_of(const Memory &memory) {
    constexpr double kNear = 1.6;
    constexpr double kHeadroom = 1.06;
    const auto used = static_cast<double>(std::max<std::uint64_t>(1, memory.used_bytes));
    const auto limit = static_cast<double>(memory.limit_bytes.value_or(0));
    return kHeadroom * (limit <= used * kNear ? std::max(used, limit) : used);
  }

  void draw_grid(double top_bytes, double top) {
    for (std::size_t step = 0; step < steps_; step += 2) {
      svg_.rect({x_of(static_cast<double>(step)), top, column_, bottom_ - top}, "stripe");
    }
    const double tick = byte_tick(top_bytes, 8);
    for (double bytes = 0; bytes <= top_bytes; bytes += tick) {
      const double y = bottom_ - bytes * scale_;
      svg_.line(left_, y, left_ + plot_width_, y, "grid");
      svg_.text(left_ - 8, y + 4, bytes_text(static_cast<std::uint64_t>(bytes)), "soft small num",
                Anchor::kEnd);
    }
    svg_.line(left_, top, left_, bottom_, "axis");
  }

  Box box_of(const Tensor &tensor) const {
    const double height = tensor.size_bytes * scale_;
    return {x_of(tensor.first_step), bottom_ - tensor.offset_bytes * scale_ - height,
            column_ * (tensor.last_step - tensor.first_step + 1), height};
  }

  std::string css_of(const Tensor &tensor) const {
    if (tensor.role == Role::kScratch || tensor.role == Role::kState) {
      return std::string((tensor.role == Role::kState ? kStateFamily : kScratchFamily).css);
    }
    return std::string(tensor.made_by ? family_of(report_.layers[*tensor.made_by].op).css
                                      : kInputFamily.css);
  }

  void draw_tensor(const Tensor &tensor) {
    const Box box = box_of(tensor);
    svg_.open_group(tooltip_of(tensor),
                    fmt::format("class=\"tensor\" data-offset=\"{}\" data-bytes=\"{}\" "
                                "data-first=\"{}\" data-last=\"{}\"",
                                tensor.offset_bytes, tensor.size_bytes, tensor.first_step,
                                tensor.last_step));
    const double inset = column_ > 30 ? 1.5 : 0.8;
    svg_.rect({box.x + inset, box.y, box.width - 2 * inset, box.height},
              css_of(tensor) + (tensor.role == Role::kScratch ? " thin dash" : " thin"),
              std::min(3.0, box.height / 3), "fill-opacity=\".86\"");
    svg_.close_group();
  }

  std::string tooltip_of(const Tensor &tensor) const {
    std::string text = shortened(tensor.names.front(), 200);
    for (std::size_t i = 1; i < tensor.names.size() && i < 4; ++i) {
      text += " = " + shortened(tensor.names[i], 100);
    }
    text += fmt::format("\n{} {}\n{} bytes at {} … {}\nalive in steps {} to {}",
                        name_of(tensor.role), tensor.type, grouped(tensor.size_bytes),
                        tensor.offset_bytes, std::uint64_t{tensor.offset_bytes} + tensor.size_bytes,
                        tensor.first_step, tensor.last_step);
    return text;
  }

  /// Pairs that share addresses at a step in which both are alive, `later` being the output.
  struct HandOver {
    const Tensor *earlier;
    const Tensor *later;
    std::uint32_t step;
  };

  void find_hand_overs(std::uint32_t memory) {
    hand_overs_.clear();
    for (const Tensor &b : report_.tensors) {
      for (const Tensor &a : report_.tensors) {
        const bool ordered =
            a.first_step < b.first_step || (a.first_step == b.first_step && &a < &b);
        if (ordered && b.memory == memory && alive_at(a, b.first_step) && share_addresses(a, b)) {
          hand_overs_.push_back({&a, &b, b.first_step});
        }
      }
    }
  }

  void draw_hand_overs() {
    for (const auto &[a, b, step] : hand_overs_) {
      const auto low = std::max(a->offset_bytes, b->offset_bytes);
      const auto high = std::min(std::uint64_t{a->offset_bytes} + a->size_bytes,
                                 std::uint64_t{b->offset_bytes} + b->size_bytes);
      const double height = static_cast<double>(high - low) * scale_;
      svg_.rect({x_of(step) + 1.5, bottom_ - low * scale_ - height, column_ - 3, height}, "", 0,
                "fill=\"url(#hatch)\" pointer-events=\"none\"");
    }
  }

  /// The part of a tensor's box in which nothing is handed over to or from another.
  Box own_part(const Tensor &tensor) const {
    Box box = box_of(tensor);
    double left = box.x;
    double right = box.x + box.width;
    for (const auto &[a, b, step] : hand_overs_) {
      left = b == &tensor ? std::max(left, x_of(step) + column_ / 2) : left;
      right = a == &tensor ? std::min(right, x_of(step) + column_ / 2) : right;
    }
    return right > left ? Box{left, box.y, right - left, box.height} : box;
  }

  void draw_labels(std::uint32_t memory) {
    std::vector<const Tensor *> tiny;
    for (const Tensor &tensor : report_.tensors) {
      if (tensor.memory == memory && !draw_label_inside(tensor)) {
        tiny.push_back(&tensor);
      }
    }
    for (const Tensor *tensor : tiny) {
      draw_label_beside(*tensor);
    }
  }

  /// What most names begin with ("model/") says nothing.
  std::string label_of(const Tensor &tensor) const {
    if (tensor.role == Role::kScratch) {
      return "scratch";
    }
    const std::string &name = tensor.names.front();
    return shortened(name.substr(name.starts_with(prefix_) ? prefix_.size() : 0), 60);
  }

  bool draw_label_inside(const Tensor &tensor) {
    const Box box = own_part(tensor);
    const std::string name = label_of(tensor);
    const std::string size = bytes_text(tensor.size_bytes);
    const double middle = box.x + box.width / 2;
    const double room = box.width - 8;
    const bool large = text_width(name, kLabelPixels) <= room || box.width > 90;
    const double pixels = large ? kLabelPixels : kTinyPixels;
    const std::string across = fitted(name, room, pixels);
    const bool size_fits = text_width(size, kTinyPixels) <= room;
    if (box.height >= 13 && (across == name || box.width > 60)) {
      const bool two_lines = box.height >= 30 && size_fits;
      const double y = box.y + box.height / 2 + (two_lines ? -2 : 4);
      svg_.text(middle, y, across, large ? "b halo" : "tiny halo", Anchor::kMiddle);
      if (two_lines) {
        svg_.text(middle, y + 12, size, "tiny num halo", Anchor::kMiddle);
      }
      return true;
    }
    return draw_label_upwards(box, name, size) || draw_size_only(box, size, size_fits);
  }

  bool draw_label_upwards(const Box &box, const std::string &name, const std::string &size) {
    constexpr std::size_t kWorthReading = 14;
    const std::string full = name + "  " + size;
    const std::string upwards = fitted(full, box.height - 8, kTinyPixels + 1);
    if (box.width < 13 || (upwards != full && upwards.size() < kWorthReading)) {
      return false;
    }
    svg_.vertical_text(box.x + box.width / 2 + 4, box.y + box.height / 2, upwards, "small halo",
                       Anchor::kMiddle);
    return true;
  }

  bool draw_size_only(const Box &box, const std::string &size, bool fits) {
    if (!fits || box.height < 11) {
      return false;
    }
    svg_.text(box.x + box.width / 2, box.y + box.height / 2 + 3, size, "tiny num halo",
              Anchor::kMiddle);
    return true;
  }

  /// A tensor too flat for its name gets it above or below, where nothing else is.
  void draw_label_beside(const Tensor &tensor) {
    const Box box = box_of(tensor);
    const std::string text = shortened(label_of(tensor), 18) + " " + bytes_text(tensor.size_bytes);
    const double width = text_width(text, kTinyPixels);
    const double right = left_ + plot_width_ + kLabelRoom - 10;
    for (const double x : {box.x + 2, box.x + box.width - width - 2, box.x + box.width + 3}) {
      for (const double y : {box.y - 13, box.y + box.height + 2}) {
        const Box place{x, y, width, 11};
        if (x >= left_ && x + width <= right && y + 11 <= bottom_ && is_free(place, tensor)) {
          labels_.push_back(place);
          svg_.text(x, y + 9, text, "tiny soft");
          return;
        }
      }
    }
  }

  static bool meet(const Box &a, const Box &b) {
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
           b.y < a.y + a.height;
  }

  bool is_free(const Box &place, const Tensor &tensor) const {
    return std::none_of(labels_.begin(), labels_.end(),
                        [&](const Box &label) { return meet(label, place); }) &&
           std::none_of(report_.tensors.begin(), report_.tensors.end(), [&](const Tensor &other) {
             return other.memory == tensor.memory && meet(box_of(other), place);
           });
  }

  void draw_lines(const Memory &memory, double top) {
    std::vector<LevelLine> lines;
    const bool tight = memory.used_bytes == memory.lower_bound_bytes;
    lines.push_back({static_cast<double>(memory.used_bytes), "peak",
                     "peak " + grouped(memory.used_bytes) + " B",
                     tight            ? "= lower bound"
                     : memory.optimal ? "proven optimal"
                                      : "best found"});
    if (!tight) {
      lines.push_back({static_cast<double>(memory.lower_bound_bytes), "bound", "lower bound",
                       grouped(memory.lower_bound_bytes) + " B"});
    }
    if (memory.limit_bytes && static_cast<double>(*memory.limit_bytes) <= top_of(memory)) {
      lines.push_back({static_cast<double>(*memory.limit_bytes), "limit", "limit",
                       grouped(*memory.limit_bytes) + " B"});
    }
    draw_level_lines(svg_, lines, {left_, top, plot_width_, bottom_ - top}, scale_);
  }

  Svg &svg_;
  const Report &report_;
  std::uint32_t index_;
  double left_;
  double column_;
  std::size_t steps_;
  double plot_width_;
  std::string prefix_;
  double top_;
  double bottom_;
  double scale_;
  std::vector<Box> labels_;
  std::vector<HandOver> hand_overs_;
};

} // namespace

void draw_memory_panel(Svg &svg, const Report &report, const PanelPlace &place,
                       std::uint32_t memory) {
  Panel(svg, report, place, memory).draw();
}

} // namespace tinyml::report
