// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"

/// Passes over a training step with the batch innermost. Each leaves dead values behind
/// (ir::remove_dead) and a graph that computes the same.
namespace tinyml::autodiff {

/// A convolution whose output only a 2 x 2 maximum pool reads becomes conv2d_max_pool: what is
/// pooled away is never stored, and the gradients do a quarter of the products.
void fuse_max_pools(ir::Graph &graph);

/// A filter's gradient that only `sgd` reads becomes part of the update: it is never stored. The
/// update stays where it is, behind all readers of the filter.
void fuse_sgd(ir::Graph &graph);

} // namespace tinyml::autodiff
