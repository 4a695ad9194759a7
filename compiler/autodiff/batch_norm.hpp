// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/autodiff/rebatch.hpp"

namespace tinyml::autodiff {

/// Batch normalisation as it learns (Ioffe and Szegedy, ICML 2015, algorithm 1), in operators that
/// have gradients. `node` is the model's batch_norm with inputs of the writer's graph.
[[nodiscard]] ir::ValueId write_batch_norm(Writer &writer, const ir::Node &node,
                                           std::vector<Rebatched::Statistic> &statistics);

} // namespace tinyml::autodiff
