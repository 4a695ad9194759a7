// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

/// Packing buffers into one arena: pure geometry, nothing of graphs.
namespace tinyml::plan {

struct Item {
  std::uint64_t size_bytes = 0;
  std::uint32_t alignment = 1;
};

/// Items and the distances they must keep. distance(a, b) is how far b must start above a when b
/// starts above a or beside it: a's size, or less where b may be overlaid by a; kFree when the two
/// are never alive together.
class PlacementProblem {
public:
  static constexpr std::int64_t kFree = -1;

  explicit PlacementProblem(std::vector<Item> items);

  /// Both are alive together: disjoint.
  void separate(std::size_t a, std::size_t b);
  /// `lower` may overlay `upper` when it starts at least `lead_bytes` below it. After separate().
  void allow_overlay(std::size_t lower, std::size_t upper, std::uint64_t lead_bytes);

  [[nodiscard]] const std::vector<Item> &items() const { return items_; }
  [[nodiscard]] std::int64_t distance(std::size_t a, std::size_t b) const {
    return distances_[a * items_.size() + b];
  }
  /// At least this distance; kFree changes nothing.
  void keep_distance(std::size_t a, std::size_t b, std::int64_t bytes);
  /// Whether two offsets keep their distance.
  [[nodiscard]] bool fits(std::size_t a, std::uint64_t offset_a, std::size_t b,
                          std::uint64_t offset_b) const;

private:
  std::vector<Item> items_;
  std::vector<std::int64_t> distances_;
};

/// The problem of placing groups whose members start at one offset: `group_of` names the group of
/// each item, counted from 0. A group keeps the largest distance any of its members must keep.
[[nodiscard]] PlacementProblem grouped(const PlacementProblem &problem,
                                       const std::vector<std::size_t> &group_of);

struct PlacementResult {
  std::vector<std::uint64_t> offsets;
  std::uint64_t total_bytes = 0;
  bool optimal = false; ///< total equals the lower bound, or the search was exhaustive
};

/// First fits, in several orders, then branch and bound over at most `budget` partial placements.
/// `lower_bound_bytes` ends the search early when it is met. Deterministic.
[[nodiscard]] PlacementResult place(const PlacementProblem &problem,
                                    std::uint64_t lower_bound_bytes, std::uint32_t budget);

} // namespace tinyml::plan
