// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/link/layout.hpp"
#include "compiler/link/stack_bound.hpp"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tinyml::link {

struct MemoryRegion {
  std::uint64_t origin = 0;
  std::uint64_t size_bytes = 0;
};

enum class PayloadKind {
  kBinary, ///< the loadable bytes from rom.origin on
  kElf,    ///< a hosted board's executable
};

/// A board kit, as docs/kit.md specifies it.
struct Kit {
  std::filesystem::path folder;
  std::string board;
  nlohmann::json profile; ///< static part of the device profile
  std::string isa;        ///< folder of kernels/isa that modules for this board are compiled with
  std::string compiler;
  std::vector<std::string> compile_flags;
  /// Further flags for the module alone, by goal: "size", "balanced", "speed".
  std::map<std::string, std::vector<std::string>> optimize_flags;
  std::vector<std::string> link_flags;
  std::map<std::string, std::filesystem::path> programs; ///< program name → object file
  /// Programs that use the module's arena between inferences, and how long it must be for them.
  std::map<std::string, std::uint64_t> min_arena_bytes;
  std::filesystem::path library; ///< what the compiler calls and its own lacks; empty: nothing
  MemoryRegion rom;
  std::string image_script = "image.ld";
  /// Where the store has one slot: the program that fills it, which has a place of its own.
  std::string recovery_program;
  MemoryRegion recovery_rom;
  MemoryRegion ram;
  LayoutRules layout;
  StackRules stack;
  PayloadKind payload = PayloadKind::kBinary;

  [[nodiscard]] std::filesystem::path include_folder() const { return folder / "include"; }
  [[nodiscard]] std::filesystem::path callgraph_folder(const std::string &program) const {
    return folder / "callgraph" / program;
  }
  /// "image.ld", or "exec.ld" for the programs that run alone: `exec` and `bare`.
  [[nodiscard]] std::filesystem::path linker_script(const std::string &program) const {
    return folder / (program == "exec" || program == "bare" ? "exec.ld" : image_script);
  }
  /// This kit as that program sees it: the recovery program has its own memory and script.
  [[nodiscard]] Kit for_program(const std::string &program) const {
    Kit kit = *this;
    if (program == recovery_program) {
      kit.rom = recovery_rom;
      kit.image_script = "recovery.ld";
    }
    return kit;
  }
};

/// Reads and checks `kit.json` in `folder`. The messages name the key that is wrong.
[[nodiscard]] Expected<Kit> load_kit(const std::filesystem::path &folder);

/// The folder that holds the kits: `explicit_folder` if given, else $TINYML_KITS, else beside or
/// above this program.
[[nodiscard]] Expected<std::filesystem::path>
kits_folder(const std::filesystem::path &explicit_folder);

/// Loads the kit of `board` from `kits`; an unknown board's message lists the known ones.
[[nodiscard]] Expected<Kit> find_kit(const std::filesystem::path &kits, const std::string &board);

} // namespace tinyml::link
