// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/link/kit.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tinyml::link {

/// Generated sources by file name; those ending in .cpp are compiled.
using SourceFiles = std::map<std::string, std::string>;

/// One part of the budget table: who needs how much.
struct BudgetPart {
  std::string name;
  std::uint64_t rom_bytes = 0;
  std::uint64_t ram_bytes = 0;
};

/// One section of the module's objects.
struct ModuleSection {
  std::string name; ///< e.g. ".text.tinyml_module_run": one a function or object
  std::uint64_t size_bytes = 0;
  bool is_code = false;
};

/// What is known of an image before it is linked.
struct ImagePlan {
  std::uint64_t rom_bytes = 0;
  std::uint64_t static_ram_bytes = 0;
  StackBound stack;
  std::vector<BudgetPart> parts; ///< they sum up to rom_bytes, and to static RAM + stack
  std::vector<ModuleSection> module_sections; ///< those that take ROM

  [[nodiscard]] std::uint64_t ram_bytes() const { return static_ram_bytes + stack.bytes; }
};

struct LinkedImage {
  std::vector<std::uint8_t> payload; ///< unsigned, without header
  std::uint64_t rom_bytes = 0;
  std::uint64_t ram_bytes = 0; ///< static RAM plus the reserved stack
  std::filesystem::path elf;
};

/// Stricter limits than the board's own.
struct Limits {
  std::optional<std::uint64_t> max_rom_bytes;
  std::optional<std::uint64_t> max_ram_bytes;
};

/// Turns generated sources and a kit's program into an image, in two steps so that an image that
/// does not fit is never linked. All files go below `work_folder`.
class ImageLinker {
public:
  /// An empty `sources` gives an image without a module (the `base` program).
  /// `goal` chooses among the kit's optimize_flags.
  ImageLinker(const Kit &kit, std::string program, std::filesystem::path work_folder,
              std::string goal = "balanced")
      : kit_(kit), program_(std::move(program)), work_(std::move(work_folder)),
        goal_(std::move(goal)) {}

  /// Compiles the sources, joins them with the program and computes the exact sizes.
  [[nodiscard]] Expected<ImagePlan> plan(const SourceFiles &sources);
  /// Links what was planned; fails (kInternal) if a linked size differs from the planned one.
  [[nodiscard]] Expected<LinkedImage> link(const ImagePlan &plan);

private:
  [[nodiscard]] Expected<void> compile(const SourceFiles &sources);
  [[nodiscard]] std::vector<std::string> module_flags() const;
  [[nodiscard]] Expected<void> join();
  [[nodiscard]] Expected<void> link_elf(const ImagePlan &plan, const std::filesystem::path &output,
                                        bool stripped) const;
  [[nodiscard]] Expected<CallGraph> call_graph() const;
  [[nodiscard]] Expected<std::vector<BudgetPart>> budget_parts(const ImagePlan &plan) const;
  [[nodiscard]] Expected<std::vector<ModuleSection>> module_sections() const;
  [[nodiscard]] Expected<void> tool(std::vector<std::string> arguments,
                                    const std::string &purpose) const;
  [[nodiscard]] std::filesystem::path joined() const { return work_ / "joined.o"; }

  const Kit &kit_;
  std::string program_;
  std::filesystem::path work_;
  std::string goal_;
  std::vector<std::filesystem::path> objects_; ///< of the module
};

/// Says whether the plan obeys the board's memory and the stricter limits; the message names every
/// limit that is exceeded and by how much.
[[nodiscard]] Expected<void> check_budget(const ImagePlan &plan, const Kit &kit,
                                          const Limits &limits);

} // namespace tinyml::link
