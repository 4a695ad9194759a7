// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/types.hpp"
#include "kernels/reference/int8_tables.hpp"

#include <optional>

/// int8 operators on one element as lookup tables, computed when a model is compiled. The
/// interpreter and the generated code use the same table, so what a device gives is what we say.
namespace tinyml::ir {

/// The table of a unary operator between these quantised types; absent for operators that have
/// none. Entry i is the output of code i - 128.
[[nodiscard]] std::optional<kernels::reference::Int8Table>
int8_table(const Node &node, const TensorType &in, const TensorType &out);

} // namespace tinyml::ir
