// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

namespace tinyml::ir {

/// Checks everything docs/ir.md promises of a graph: every value defined once and before its use,
/// legal shapes and sizes, operators that accept their inputs and make what their outputs declare,
/// quantisations that fit. Run it at trust boundaries and after passes; code behind it need not
/// check.
[[nodiscard]] Expected<void> verify(const Graph &graph);

} // namespace tinyml::ir
