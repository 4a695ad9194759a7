// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/report/report.hpp"

#include <cstddef>

/// Where operators go in a picture that has one a row: beside each other in lanes, so that no line
/// between two of them runs over a third.
namespace tinyml::report {

struct LaneRow {
  enum class Kind : std::uint8_t { kInput, kLayer, kOutput };
  Kind kind = Kind::kLayer;
  std::uint32_t index = 0; ///< of the layer, or of the value
  std::size_t lane = 0;
};

/// A value on its way to one reader. Between the rows its lane is its own.
struct LaneEdge {
  std::size_t from_row = 0;
  std::size_t to_row = 0;
  std::size_t lane = 0;
};

struct Lanes {
  std::vector<LaneRow> rows;
  std::vector<LaneEdge> edges;
  std::size_t count = 1;
};

[[nodiscard]] Lanes assign_lanes(const Report &report);

} // namespace tinyml::report
