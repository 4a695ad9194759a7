// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan/place.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace tinyml::plan {
namespace {

std::uint64_t align_up(std::uint64_t offset, std::uint32_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

std::uint64_t total_of(const PlacementProblem &problem, const std::vector<std::uint64_t> &offsets) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    total = std::max(total, offsets[i] + problem.items()[i].size_bytes);
  }
  return total;
}

/// Lowest offset at which `item` keeps its distance to everything already placed. Every interval of
/// legal offsets begins at 0 or just above some placed item, so those are the candidates.
std::uint64_t lowest_fit(const PlacementProblem &problem, std::size_t item,
                         const std::vector<std::size_t> &placed,
                         const std::vector<std::uint64_t> &offsets) {
  const std::uint32_t alignment = problem.items()[item].alignment;
  std::vector<std::uint64_t> candidates = {0};
  for (const std::size_t other : placed) {
    if (problem.distance(other, item) != PlacementProblem::kFree) {
      const auto above = static_cast<std::uint64_t>(problem.distance(other, item));
      candidates.push_back(align_up(offsets[other] + above, alignment));
    }
  }
  std::sort(candidates.begin(), candidates.end());
  for (const std::uint64_t candidate : candidates) {
    const bool fits = std::all_of(placed.begin(), placed.end(), [&](std::size_t other) {
      return problem.fits(item, candidate, other, offsets[other]);
    });
    if (fits) {
      return candidate;
    }
  }
  return candidates.back(); // above everything: always fits
}

std::vector<std::uint64_t> first_fit(const PlacementProblem &problem,
                                     const std::vector<std::size_t> &order) {
  std::vector<std::uint64_t> offsets(order.size());
  std::vector<std::size_t> placed;
  for (const std::size_t item : order) {
    offsets[item] = lowest_fit(problem, item, placed, offsets);
    placed.push_back(item);
  }
  return offsets;
}

/// Any solution can be pushed down, item by item in the order of its offsets, without growing. So
/// it is enough to choose that order: each next item goes to the lowest offset above what is placed
/// and not below the item before it.
class BranchAndBound {
public:
  BranchAndBound(const PlacementProblem &problem, std::uint64_t lower_bound, std::uint32_t budget,
                 PlacementResult &best)
      : problem_(problem), lower_bound_(lower_bound), budget_(budget), best_(best),
        offsets_(problem.items().size()), placed_(problem.items().size(), false),
        order_(problem.items().size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return problem.items()[a].size_bytes > problem.items()[b].size_bytes;
    });
  }

  /// Whether the whole tree was searched (or cut off by bounds).
  bool run() { return descend(0, 0, 0) || best_.total_bytes <= lower_bound_; }

private:
  [[nodiscard]] std::uint64_t lowest_above(std::size_t item) const {
    std::uint64_t offset = 0;
    for (std::size_t other = 0; other < placed_.size(); ++other) {
      if (placed_[other] && problem_.distance(other, item) != PlacementProblem::kFree) {
        const auto distance = static_cast<std::uint64_t>(problem_.distance(other, item));
        offset = std::max(offset, offsets_[other] + distance);
      }
    }
    return align_up(offset, problem_.items()[item].alignment);
  }

  /// Side by side at one offset and never alive together: only one of the two orders is followed.
  [[nodiscard]] bool commutes_with_last(std::size_t item, std::uint64_t offset) const {
    return last_ < placed_.size() && item < last_ && offsets_[last_] == offset &&
           problem_.distance(last_, item) == PlacementProblem::kFree;
  }

  /// An item that is still to come cannot end below the best total any more.
  [[nodiscard]] bool hopeless(std::uint64_t floor) const {
    for (const std::size_t item : order_) {
      if (!placed_[item] &&
          std::max(floor, lowest_above(item)) + problem_.items()[item].size_bytes >=
              best_.total_bytes) {
        return true;
      }
    }
    return false;
  }

  /// The depth is the number of items, which make_plan keeps small. False: the budget ran out.
  bool descend(std::size_t depth, std::uint64_t floor, std::uint64_t top) {
    if (depth == order_.size()) {
      if (top < best_.total_bytes) {
        best_.offsets = offsets_;
        best_.total_bytes = top;
      }
      return true;
    }
    if (hopeless(floor)) {
      return true;
    }
    bool complete = true;
    for (const std::size_t item : order_) {
      if (placed_[item] || best_.total_bytes <= lower_bound_) {
        continue;
      }
      if (budget_ == 0) {
        return false;
      }
      --budget_;
      const std::uint64_t offset = lowest_above(item);
      if (offset < floor || commutes_with_last(item, offset)) {
        continue; // the same placement is found with this item earlier in the order
      }
      const std::size_t before = std::exchange(last_, item);
      placed_[item] = true;
      offsets_[item] = offset;
      complete =
          descend(depth + 1, offset, std::max(top, offset + problem_.items()[item].size_bytes)) &&
          complete;
      placed_[item] = false;
      last_ = before;
    }
    return complete;
  }

  const PlacementProblem &problem_;
  std::uint64_t lower_bound_;
  std::uint32_t budget_;
  PlacementResult &best_;
  std::vector<std::uint64_t> offsets_;
  std::vector<bool> placed_;
  std::vector<std::size_t> order_;
  std::size_t last_ = std::numeric_limits<std::size_t>::max(); ///< placed most recently
};

/// Largest first, earliest first, latest first: each is best for some graphs.
std::vector<std::vector<std::size_t>> greedy_orders(const PlacementProblem &problem) {
  std::vector<std::size_t> by_index(problem.items().size());
  std::iota(by_index.begin(), by_index.end(), std::size_t{0});
  std::vector<std::size_t> by_size = by_index;
  std::stable_sort(by_size.begin(), by_size.end(), [&](std::size_t a, std::size_t b) {
    return problem.items()[a].size_bytes > problem.items()[b].size_bytes;
  });
  std::vector<std::size_t> reversed(by_index.rbegin(), by_index.rend());
  return {by_size, by_index, reversed};
}

} // namespace

PlacementProblem::PlacementProblem(std::vector<Item> items)
    : items_(std::move(items)), distances_(items_.size() * items_.size(), kFree) {}

void PlacementProblem::separate(std::size_t a, std::size_t b) {
  distances_[a * items_.size() + b] = static_cast<std::int64_t>(items_[a].size_bytes);
  distances_[b * items_.size() + a] = static_cast<std::int64_t>(items_[b].size_bytes);
}

void PlacementProblem::allow_overlay(std::size_t lower, std::size_t upper,
                                     std::uint64_t lead_bytes) {
  auto &distance = distances_[lower * items_.size() + upper];
  distance = std::min(distance, static_cast<std::int64_t>(lead_bytes));
}

void PlacementProblem::keep_distance(std::size_t a, std::size_t b, std::int64_t bytes) {
  auto &distance = distances_[a * items_.size() + b];
  distance = std::max(distance, bytes);
}

PlacementProblem grouped(const PlacementProblem &problem,
                         const std::vector<std::size_t> &group_of) {
  const std::size_t count =
      group_of.empty() ? 0 : *std::max_element(group_of.begin(), group_of.end()) + 1;
  std::vector<Item> groups(count, Item{0, 1});
  for (std::size_t item = 0; item < group_of.size(); ++item) {
    Item &group = groups[group_of[item]];
    group.size_bytes = std::max(group.size_bytes, problem.items()[item].size_bytes);
    group.alignment = std::max(group.alignment, problem.items()[item].alignment);
  }
  PlacementProblem result(std::move(groups));
  for (std::size_t a = 0; a < group_of.size(); ++a) {
    for (std::size_t b = 0; b < group_of.size(); ++b) {
      if (group_of[a] != group_of[b]) {
        result.keep_distance(group_of[a], group_of[b], problem.distance(a, b));
      }
    }
  }
  return result;
}

bool PlacementProblem::fits(std::size_t a, std::uint64_t offset_a, std::size_t b,
                            std::uint64_t offset_b) const {
  if (distance(a, b) == kFree) {
    return true;
  }
  return offset_a + static_cast<std::uint64_t>(distance(a, b)) <= offset_b ||
         offset_b + static_cast<std::uint64_t>(distance(b, a)) <= offset_a;
}

PlacementResult place(const PlacementProblem &problem, std::uint64_t lower_bound_bytes,
                      std::uint32_t budget) {
  PlacementResult best;
  best.total_bytes = std::numeric_limits<std::uint64_t>::max();
  for (const auto &order : greedy_orders(problem)) {
    auto offsets = first_fit(problem, order);
    const std::uint64_t total = total_of(problem, offsets);
    if (total < best.total_bytes) {
      best = {std::move(offsets), total, false};
    }
  }
  best.optimal = best.total_bytes <= lower_bound_bytes ||
                 BranchAndBound(problem, lower_bound_bytes, budget, best).run();
  return best;
}

} // namespace tinyml::plan
