// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/costs/fit.hpp"
#include "compiler/driver/compile_model.hpp"
#include "compiler/link/kit.hpp"

#include <functional>

namespace tinyml::bench {

/// A compiled model, built as the board's bare program and run once under its emulator.
struct BoardCost {
  std::uint64_t instructions = 0;
  std::uint32_t code_bytes = 0;
  std::uint32_t constant_bytes = 0;
  std::uint32_t library_bytes = 0;
  std::uint32_t stack_bytes = 0; ///< of the module alone
};
[[nodiscard]] Expected<BoardCost> cost_on_board(const driver::CompiledModel &model,
                                                const link::Kit &kit);

/// Measures every case of all element types on the kit's board. `on_case` is told each name and
/// what became of it. A case that no kernel takes is left out.
[[nodiscard]] Expected<std::vector<Measurement>>
measure_kernels(const link::Kit &kit, driver::Optimize optimize,
                const std::function<void(const std::string &, std::uint64_t)> &on_case);

/// One cost an operator and element type, from measurements of many.
[[nodiscard]] report::IsaCosts fit_all(const link::Kit &kit, driver::Optimize optimize,
                                       const std::vector<Measurement> &all);

} // namespace tinyml::bench
