// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/autodiff/writer.hpp"

#include <map>

namespace tinyml::autodiff {

/// Appends the backward pass of all nodes there are: dL/dv for every value in `wanted`, given dL/dy
/// of `y`. A wanted value that y does not depend on has no entry.
[[nodiscard]] std::map<ir::ValueId, ir::ValueId>
differentiate(Writer &writer, ir::ValueId y, ir::ValueId dy,
              const std::vector<ir::ValueId> &wanted);

} // namespace tinyml::autodiff
