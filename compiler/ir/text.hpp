// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

#include <string_view>

/// The printed form of graphs (docs/ir.md). `parse(print(g))` equals `g` when its values are
/// numbered as ir::remove_dead leaves them.
namespace tinyml::ir {

[[nodiscard]] std::string print(const Graph &graph);

/// Errors name the line. The graph is verified before it is returned.
[[nodiscard]] Expected<Graph> parse(std::string_view text);

} // namespace tinyml::ir
