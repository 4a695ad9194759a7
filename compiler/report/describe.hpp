// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/codegen/generate.hpp"
#include "compiler/report/cost_table.hpp"
#include "compiler/report/report.hpp"

/// From a compiled model to its report.
namespace tinyml::report {

struct Subject {
  const ir::Graph &graph;
  const plan::MemoryPlan &plan;
  const codegen::GeneratedModule &module;
  const IsaCosts *costs = nullptr; ///< without them nothing is said about instructions
};

/// Layers, tensors and memories; instructions as far as `costs` knows the kernels. No sizes yet.
[[nodiscard]] Report describe(const Subject &subject);

/// "conv2d" from the linker's name of "void tinyml::kernels::generic::conv2d<signed char, …>(…)".
[[nodiscard]] std::string function_name(const std::string &symbol);

/// A section of the module's objects.
struct Section {
  std::string name; ///< e.g. ".text._ZN6tinyml…", as -ffunction-sections names it
  std::uint64_t bytes = 0;
  bool is_code = false;
};

/// Exact code by kernel and constants by layer, from the sections of the compiled module.
void take_sections(const std::vector<Section> &sections, Report &report);

/// Parts, code and stack of the module alone, from measured kernels. Call it instead of
/// take_sections, when nothing was compiled.
void estimate_sizes(const Subject &subject, Report &report);

} // namespace tinyml::report
