// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/autodiff/writer.hpp"

namespace tinyml::autodiff {

/// A graph that computes the same with every tensor that holds a batch turned from [batch, ..] to
/// [.., batch]. Variables and what has no batch stay as they are. `map` says what became of values.
[[nodiscard]] Expected<ir::Graph> turn_batch_innermost(const ir::Graph &graph,
                                                       std::vector<ir::ValueId> &map);

} // namespace tinyml::autodiff
