// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "compiler/driver/compile_model.hpp"
#include "compiler/link/link_image.hpp"

#include <string>
#include <vector>

/// What an image costs: built and run by the same functions as the CLI's verbs.
namespace tinyml::bench {

/// One thing to measure.
struct Case {
  std::string model; ///< a name of the zoo
  driver::Precision precision = driver::Precision::kInt8;
  std::string board;
};

/// bench/README.md says what each figure means.
struct Figures {
  Case of;
  std::uint64_t rom_bytes = 0;
  std::uint64_t ram_bytes = 0;
  std::uint64_t weight_bytes = 0;
  std::uint64_t arena_bytes = 0;
  std::uint64_t stack_bytes = 0;
  std::vector<link::BudgetPart> parts;
  std::uint64_t exec_rom_bytes = 0;
  std::uint64_t exec_stack_bytes = 0;
  std::uint64_t stack_measured_bytes = 0;
  std::uint64_t instructions = 0;
  std::uint64_t macs = 0;
  double host_ns = 0;

  [[nodiscard]] std::uint64_t code_bytes() const { return rom_bytes - weight_bytes; }
};

/// The names in zoo.json, in its order.
[[nodiscard]] Expected<std::vector<std::string>> zoo_models(const cli::Context &context);

/// Every model in int8, and LeNet in float32 too, on every board.
[[nodiscard]] std::vector<Case> all_cases(const std::vector<std::string> &models,
                                          const std::vector<std::string> &boards);

/// Builds the delivered image and the bare program, runs the latter on the board and the module on
/// this machine. kInternal when the board's outputs differ from the host's.
[[nodiscard]] Expected<Figures> measure(const cli::Context &context, const Case &one);

/// kInternal when more stack was used than the bound allows.
[[nodiscard]] Expected<void> check_stack(const Figures &figures);

} // namespace tinyml::bench
