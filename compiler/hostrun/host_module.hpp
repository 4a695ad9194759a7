// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "compiler/codegen/generate.hpp"
#include "host/files.hpp"
#include "kernels/module_abi.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// A module on this machine: compiled into a shared object by the host's compiler, loaded and run.
namespace tinyml::hostrun {

struct BuildOptions {
  std::filesystem::path
      include_dir;              ///< has base/ and kernels/; a kit's include/ or the source tree
  std::string compiler = "c++"; ///< a name in PATH or a path
  std::string isa = "scalar";   ///< the kernel set that the sources were generated for
  std::vector<std::string> extra_flags;
  std::chrono::milliseconds timeout{120'000};
};

/// Compiles the .cpp files among `files` into the shared object `output`. Errors: kUnavailable when
/// there is no compiler; kInternal with its output when it refuses our code.
[[nodiscard]] Expected<void> build_shared_object(std::span<const codegen::SourceFile> files,
                                                 const BuildOptions &options,
                                                 const std::filesystem::path &output);

/// A loaded module. It has one arena, so one object must not run in two threads at once.
class HostModule {
public:
  /// Builds in a temporary folder that goes with the object.
  [[nodiscard]] static Expected<HostModule> build(std::span<const codegen::SourceFile> files,
                                                  const BuildOptions &options);
  /// Runs the shared object's code in this process: load only what our compiler wrote.
  [[nodiscard]] static Expected<HostModule> load(const std::filesystem::path &shared_object);

  [[nodiscard]] const module::ModuleInfo &info() const { return *info_; }
  /// Bytes of all inputs (outputs) of one inference, one after the other in ModuleInfo's order.
  [[nodiscard]] std::size_t input_bytes() const { return input_bytes_; }
  [[nodiscard]] std::size_t output_bytes() const { return output_bytes_; }

  /// Runs n inferences: `inputs` is n times input_bytes(), `outputs` n times output_bytes().
  [[nodiscard]] Expected<void> run(ByteView inputs, ByteSpan outputs);

  /// Forgets what the module remembers of former inferences.
  void reset() { reset_(); }

  /// For what a module may have beside kernels/module_abi.hpp; null when it has no such symbol.
  [[nodiscard]] void *find_symbol(const char *name) const;
  [[nodiscard]] std::uint8_t *arena() const { return arena_; }
  /// One inference with the inputs that are in the arena.
  void run_in_arena() { run_(); }

private:
  struct Unload {
    void operator()(void *handle) const;
  };
  HostModule() = default;
  [[nodiscard]] Expected<void> bind(const std::filesystem::path &path);

  std::optional<host::TemporaryFolder> folder_; ///< before the handle: it is unloaded first
  std::unique_ptr<void, Unload> handle_;
  const module::ModuleInfo *info_ = nullptr;
  std::uint8_t *arena_ = nullptr;
  void (*run_)() = nullptr;
  void (*reset_)() = nullptr;
  std::size_t input_bytes_ = 0;
  std::size_t output_bytes_ = 0;
};

} // namespace tinyml::hostrun
