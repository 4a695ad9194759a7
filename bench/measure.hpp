// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/models.hpp"
#include "compiler/link/link_image.hpp"

#include <optional>

/// What a model costs on a board: built and run by the same functions as the CLI's verbs.
namespace tinyml::bench {

/// One linked program with the module, as its report says it.
struct ProgramFigures {
  std::uint64_t rom_bytes = 0;
  std::uint64_t ram_bytes = 0; ///< static RAM, the arena among it, and the stack's bound
  std::uint64_t stack_bytes = 0;
  std::vector<link::BudgetPart> parts;
};

/// bench/README.md says what each figure means.
struct Figures {
  Case of;
  ProgramFigures bare;                 ///< start-up, module, one run
  ProgramFigures exec;                 ///< the program that ran it
  std::optional<ProgramFigures> image; ///< what is delivered, on boards that take deliveries
  std::uint64_t weight_bytes = 0;
  std::uint64_t arena_bytes = 0;
  std::uint64_t stack_measured_bytes = 0;
  std::uint64_t instructions = 0;
  std::uint64_t macs = 0;
  double host_ns = 0;

  [[nodiscard]] std::uint64_t code_bytes() const { return bare.rom_bytes - weight_bytes; }
  [[nodiscard]] std::uint64_t static_bytes() const {
    return bare.ram_bytes - arena_bytes - bare.stack_bytes;
  }
  [[nodiscard]] std::uint64_t module_code_bytes() const;
};

/// Builds the programs, runs `exec` on the board and the module on this machine. kInternal when the
/// board's outputs differ from the host's, or either from the ones that come with the model.
[[nodiscard]] Expected<Figures> measure(const cli::Context &context, const Case &one);

/// kInternal when more stack was used than the bound allows.
[[nodiscard]] Expected<void> check_stack(const Figures &figures);

} // namespace tinyml::bench
