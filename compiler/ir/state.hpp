// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/types.hpp"

#include <span>

/// Operators that remember: what they keep from one inference to the next belongs to their node
/// and is no value of the graph, so nothing else can read or write it (docs/ir.md, "State").
namespace tinyml::ir {

/// One array of a node's state; every element is `fill` after a reset.
struct StatePart {
  ElementType element;
  std::int64_t count;
  std::int32_t fill;

  [[nodiscard]] std::size_t size_bytes() const {
    return static_cast<std::size_t>(count) * element_size(element);
  }
};

/// In the order in which kernels take them; empty for most operators. The node's types are legal.
[[nodiscard]] std::vector<StatePart> state_of(const Graph &graph, const Node &node);

/// Raw elements after a reset.
[[nodiscard]] ConstantData initial_state(const StatePart &part);

} // namespace tinyml::ir
