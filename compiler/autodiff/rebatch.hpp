// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/autodiff/writer.hpp"

namespace tinyml::autodiff {

/// What rebatch() found.
struct Rebatched {
  ir::Graph graph;
  std::vector<ir::ValueId> parameters; ///< in the order of nodes and their inputs
  /// Statistics that inference normalises with, and what this batch says of them.
  struct Statistic {
    ir::ValueId running, of_batch;
  };
  std::vector<Statistic> statistics;
};

/// The model for `batch` samples at a time instead of one, its weights, biases and scales as
/// variables, and batch normalisation by each batch's own statistics. Constants that are no weights
/// stay constants.
[[nodiscard]] Expected<Rebatched> rebatch(const ir::Graph &model, std::int64_t batch);

} // namespace tinyml::autodiff
