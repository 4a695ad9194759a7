// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/codegen/source_files.hpp"

#include <iosfwd>

/// What the source of a module that learns has beside the others'.
namespace tinyml::codegen {

/// Variables need GenerateOptions::training, and the plan must have them where that says.
[[nodiscard]] Expected<void> check_training(const ir::Graph &graph, const plan::MemoryPlan &plan,
                                            const GenerateOptions &options);

/// The memory of all variables and the tables that say what is what; nothing for other modules.
void print_variable_memory(std::ostream &out, const ModuleSummary &summary);

/// kernels/training_abi.hpp but tinyml_training_forward(); nothing for other modules.
void print_training_functions(std::ostream &out, const ModuleSummary &summary);

} // namespace tinyml::codegen
