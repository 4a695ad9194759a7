// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/report/work.hpp"

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <vector>

/// Measured costs of kernels, by instruction set: compiler/report/kernel_costs.json, written by
/// tools/costs. Everything that comes from it is an estimate and has to be called so.
namespace tinyml::report {

struct KernelCost {
  Bundles bundles;
  Work instructions{};              ///< for one of each Quantity
  std::uint32_t code_bytes = 0;     ///< once an image, however many layers use the kernel
  std::uint32_t constant_bytes = 0; ///< a layer, beside its weights
  std::uint32_t library_bytes = 0;  ///< of the toolchain, shared with other kernels
  std::uint32_t stack_bytes = 0;    ///< of a module that has this kernel only
  double largest_error = 0;         ///< of the fit, relative, over the cases measured
  std::uint32_t cases = 0;
};

/// The kernels of one processor.
struct IsaCosts {
  std::string isa;      ///< as in device profiles, e.g. "armv7-m"
  std::string kernels;  ///< folder of kernels/isa, e.g. "scalar"
  std::string optimize; ///< what modules were built for: "size", "balanced" or "speed"
  std::string board;    ///< where it was measured
  std::string toolchain;
  std::string compile_flags;
  std::map<std::string, KernelCost> by_kernel;

  /// Absent when the node's kernel was never measured.
  [[nodiscard]] const KernelCost *find(const ir::Graph &graph, const ir::Node &node) const;
};

struct CostTable {
  std::vector<IsaCosts> isas;

  /// "armv7-m" and "armv7m" are the same. Measured for another goal when not for this one; null
  /// when not at all.
  [[nodiscard]] const IsaCosts *find(std::string_view isa,
                                     std::string_view optimize = "balanced") const;
  [[nodiscard]] std::string known() const; ///< "armv7-m, …", for messages
};

[[nodiscard]] Expected<CostTable> parse_costs(std::string_view json_text);
[[nodiscard]] nlohmann::json to_json(const CostTable &table);

/// The table that was built into this program.
[[nodiscard]] const CostTable &built_in_costs();

/// Instructions of one run of the node, an estimate.
[[nodiscard]] double estimated_instructions(const KernelCost &cost, const ir::Graph &graph,
                                            const ir::Node &node);

} // namespace tinyml::report
