// SPDX-License-Identifier: Apache-2.0
#include "training/run/curves.hpp"

#include "compiler/report/svg.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <map>

namespace tinyml::coordinator {
namespace {

using report::Anchor;
using report::Svg;

constexpr double kWidth = 980;
constexpr double kMargin = 24;
constexpr double kGap = 64;
constexpr double kLeft = 44; ///< of a panel: its numbers
constexpr double kTop = 96;
constexpr double kPanelHeight = 300;
constexpr double kPanelWidth = (kWidth - 2 * kMargin - kGap) / 2;
constexpr int kLines = 5; ///< of the grid, about

struct Point {
  double round = 0;
  double value = 0;
};
struct Curve {
  std::vector<Point> points;
  bool strong = false; ///< the global one
};

/// A step of 1, 2 or 5 times a power of ten, so that about kLines of them fill the range.
double tidy_step(double range) {
  const double rough = std::max(range, 1e-9) / kLines;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double rest = rough / power;
  return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

struct Range {
  double low = 0;
  double high = 1;
};

Range range_of(const std::vector<Curve> &curves) {
  Range range{1e300, -1e300};
  for (const Curve &curve : curves) {
    for (const Point &point : curve.points) {
      range = {std::min(range.low, point.value), std::max(range.high, point.value)};
    }
  }
  if (range.low > range.high) {
    return {};
  }
  const double step = tidy_step(range.high - range.low);
  const Range tidy{std::floor(range.low / step) * step, std::ceil(range.high / step) * step};
  return tidy.low < tidy.high ? tidy : Range{tidy.low - step, tidy.high + step};
}

/// One diagram: a title, a grid with numbers, curves over the rounds.
class Panel {
public:
  Panel(Svg &svg, double x, unsigned last_round, Range range)
      : svg_(svg), x_(x + kLeft), width_(kPanelWidth - kLeft), rounds_(std::max(last_round, 1U)),
        range_(range) {}

  void draw_grid(const std::string &title, const std::string &unit) {
    svg_.text(x_, kTop - 12, title, "h2");
    const double step = tidy_step(range_.high - range_.low);
    const int digits = step >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
    for (double value = range_.low; value <= range_.high + step / 2; value += step) {
      svg_.line(x_, y_of(value), x_ + width_, y_of(value), "grid");
      svg_.text(x_ - 6, y_of(value) + 4, fmt::format("{:.{}f}{}", value, digits, unit), "soft num",
                Anchor::kEnd);
    }
    const unsigned round_step =
        std::max(1U, static_cast<unsigned>(std::lround(tidy_step(rounds_))));
    for (unsigned round = 0; round <= rounds_; round += round_step) {
      svg_.text(x_of(round), kTop + kPanelHeight + 18, std::to_string(round), "soft num",
                Anchor::kMiddle);
    }
    svg_.text(x_ + width_ / 2, kTop + kPanelHeight + 38, "round", "soft", Anchor::kMiddle);
  }

  void draw(const Curve &curve) {
    std::string path;
    for (const Point &point : curve.points) {
      path += fmt::format("{}{} {}", path.empty() ? "M" : " L", report::number(x_of(point.round)),
                          report::number(y_of(point.value)));
    }
    if (curve.points.size() > 1) {
      svg_.path(path, curve.strong ? "edge limit strong" : "edge");
    }
    if (curve.strong) {
      for (const Point &point : curve.points) {
        svg_.circle(x_of(point.round), y_of(point.value), 2.6, "f-dense");
      }
    }
  }

  void mark(const Point &point, const std::string &text) {
    const bool upper = point.value > (range_.low + range_.high) / 2;
    svg_.text(x_of(point.round), y_of(point.value) + (upper ? 18 : -10), text, "b num",
              Anchor::kEnd);
  }

private:
  [[nodiscard]] double x_of(double round) const { return x_ + width_ * round / rounds_; }
  [[nodiscard]] double y_of(double value) const {
    return kTop + kPanelHeight * (range_.high - value) / (range_.high - range_.low);
  }

  Svg &svg_;
  double x_;
  double width_;
  double rounds_;
  Range range_;
};

Curve global_curve(const RunRecord &run, double RoundRecord::*what) {
  Curve curve{{}, true};
  for (const RoundRecord &round : run.rounds) {
    curve.points.push_back({static_cast<double>(round.round), round.*what});
  }
  return curve;
}

/// A worker's own figure over the rounds, where it has one.
std::vector<Curve>
worker_curves(const RunRecord &run,
              const std::function<std::optional<double>(const WorkerRow &)> &what) {
  std::map<unsigned, Curve> curves;
  for (const RoundRecord &round : run.rounds) {
    for (const WorkerRow &worker : round.workers) {
      if (const auto value = what(worker); value && round.round > 0) {
        curves[worker.id].points.push_back({static_cast<double>(round.round), *value});
      }
    }
  }
  std::vector<Curve> list;
  list.reserve(curves.size());
  for (auto &[id, curve] : curves) {
    list.push_back(std::move(curve));
  }
  return list;
}

void draw_panel(Svg &svg, double x, const RunRecord &run, const std::string &title,
                const std::string &unit, std::vector<Curve> curves, const std::string &mark) {
  const unsigned last = run.rounds.empty() ? 1 : run.rounds.back().round;
  Panel panel(svg, x, last, range_of(curves));
  panel.draw_grid(title, unit);
  for (const Curve &curve : curves) {
    panel.draw(curve);
  }
  if (!curves.back().points.empty()) {
    panel.mark(curves.back().points.back(), mark);
  }
}

} // namespace

std::string curves_svg(const RunRecord &run, const std::string &subtitle) {
  Svg svg(kWidth, 0, run.model + ": training",
          "Accuracy and loss of the global model over the rounds, and each worker's.");
  svg.text(kMargin, 36, run.model, "h1");
  svg.text(kMargin, 56, subtitle, "soft");
  auto accuracy = worker_curves(run, [](const WorkerRow &worker) { return worker.personal_after; });
  accuracy.push_back(global_curve(run, &RoundRecord::accuracy));
  auto loss = worker_curves(run, [](const WorkerRow &worker) {
    return worker.samples == 0 ? std::optional<double>() : worker.loss;
  });
  loss.push_back(global_curve(run, &RoundRecord::loss));
  const bool any = !run.rounds.empty();
  draw_panel(svg, kMargin, run, "accuracy; thin: each worker on its own samples", " %",
             std::move(accuracy), any ? fmt::format("{:.2f} %", run.rounds.back().accuracy) : "");
  draw_panel(svg, kMargin + kPanelWidth + kGap, run, "loss; thin: each worker while it trains", "",
             std::move(loss), any ? fmt::format("{:.4f}", run.rounds.back().loss) : "");
  return svg.finish(kTop + kPanelHeight + 60);
}

} // namespace tinyml::coordinator
