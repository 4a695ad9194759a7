// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"

namespace tinyml::interpret {

/// What a node makes of constants, so that frontends and passes can replace it by a constant.
/// Nothing when an input is not constant, or when the node cannot be computed here.
[[nodiscard]] std::optional<ir::ConstantData> evaluate(const ir::Graph &graph,
                                                       const ir::Node &node);

/// Bytes that evaluate() reads and writes: a measure of its work for most operators.
[[nodiscard]] std::size_t evaluation_bytes(const ir::Graph &graph, const ir::Node &node);

/// Operators whose time is in proportion to evaluation_bytes(): what may be folded without asking.
[[nodiscard]] bool is_cheap(ir::Op op);

} // namespace tinyml::interpret
