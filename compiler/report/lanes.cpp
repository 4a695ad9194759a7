// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/lanes.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace tinyml::report {
namespace {

class LaneFinder {
public:
  explicit LaneFinder(const Report &report) : report_(report), state_(report.values.size()) {}

  Lanes run() {
    add_rows();
    for (std::size_t row = 0; row < lanes_.rows.size(); ++row) {
      for (const std::uint32_t value : reads(row)) {
        state_[value].last_row = row;
      }
    }
    for (std::size_t row = 0; row < lanes_.rows.size(); ++row) {
      place(row);
    }
    lanes_.count = std::max<std::size_t>(1, taken_.size());
    return std::move(lanes_);
  }

private:
  struct State {
    std::optional<std::size_t> row; ///< that makes it
    std::size_t lane = 0;
    std::size_t last_row = 0;
  };

  void add_rows() {
    for (const std::uint32_t value : report_.inputs) {
      lanes_.rows.push_back({LaneRow::Kind::kInput, value, 0});
    }
    for (std::uint32_t step = 0; step < report_.layers.size(); ++step) {
      lanes_.rows.push_back({LaneRow::Kind::kLayer, step, 0});
    }
    for (const std::uint32_t value : report_.outputs) {
      lanes_.rows.push_back({LaneRow::Kind::kOutput, value, 0});
    }
  }

  std::set<std::uint32_t> reads(std::size_t row) const {
    const LaneRow &one = lanes_.rows[row];
    if (one.kind == LaneRow::Kind::kLayer) {
      const auto &values = report_.layers[one.index].reads;
      return {values.begin(), values.end()};
    }
    return one.kind == LaneRow::Kind::kOutput ? std::set{one.index} : std::set<std::uint32_t>{};
  }

  std::vector<std::uint32_t> writes(std::size_t row) const {
    const LaneRow &one = lanes_.rows[row];
    if (one.kind == LaneRow::Kind::kLayer) {
      return report_.layers[one.index].writes;
    }
    return one.kind == LaneRow::Kind::kInput ? std::vector{one.index}
                                             : std::vector<std::uint32_t>{};
  }

  /// The lowest lane that nobody uses.
  std::size_t free_lane() {
    const auto free = std::find(taken_.begin(), taken_.end(), false);
    const auto lane = static_cast<std::size_t>(free - taken_.begin());
    if (free == taken_.end()) {
      taken_.push_back(false);
    }
    return lane;
  }

  void place(std::size_t row) {
    for (const std::uint32_t value : reads(row)) {
      const State &state = state_[value];
      if (state.row) {
        lanes_.edges.push_back({*state.row, row, state.lane});
        if (state.last_row == row) {
          taken_[state.lane] = false;
        }
      }
    }
    lanes_.rows[row].lane = free_lane();
    for (const std::uint32_t value : writes(row)) {
      State &state = state_[value];
      state.row = row;
      state.lane = free_lane();
      taken_[state.lane] = state.last_row > row;
    }
  }

  const Report &report_;
  std::vector<State> state_;
  std::vector<bool> taken_;
  Lanes lanes_;
};

} // namespace

Lanes assign_lanes(const Report &report) { return LaneFinder(report).run(); }

} // namespace tinyml::report
