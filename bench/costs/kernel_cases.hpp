// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"

#include <string>
#include <vector>

namespace tinyml::bench {

/// A graph of one operator, in canonical form, with weights drawn from a fixed sequence.
struct KernelCase {
  std::string name; ///< for people
  ir::Graph graph;
};

/// For every operator that has kernels: a few sizes each, odd ones and padded ones among them, so
/// that the costs of calls, rows, outputs and products can be told apart.
[[nodiscard]] std::vector<KernelCase> kernel_cases(ir::ElementType element);

} // namespace tinyml::bench
