// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"
#include "kernels/reference/binary.hpp"

namespace tinyml::interpret {

/// How two operands are walked while the output is.
[[nodiscard]] kernels::reference::BroadcastShape
broadcast_shape(const ir::Shape &a, const ir::Shape &b, const ir::Shape &out);

} // namespace tinyml::interpret
