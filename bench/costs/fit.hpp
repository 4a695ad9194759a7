// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/report/cost_table.hpp"

namespace tinyml::bench {

/// What one model of one operator cost.
struct Measurement {
  std::string kernel; ///< report::kernel_name
  ir::Graph graph;    ///< its only node
  std::uint64_t instructions = 0;
  std::uint32_t code_bytes = 0;
  std::uint32_t constant_bytes = 0; ///< beside the weights
  std::uint32_t library_bytes = 0;
  std::uint32_t stack_bytes = 0;
};

/// Coefficients, none of them negative, with the least sum of squared relative errors over
/// measurements of one kernel; the bundles are those that fit best. Deterministic.
[[nodiscard]] report::KernelCost fit_kernel(const std::vector<Measurement> &of_one_kernel);

} // namespace tinyml::bench
