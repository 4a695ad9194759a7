// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/hostrun/host_module.hpp"

/// Many small modules in one shared object, for tests: one run of the compiler instead of hundreds.
namespace tinyml::hostrun {

class ModuleBatch {
public:
  void add(const codegen::GeneratedModule &module);
  [[nodiscard]] std::size_t size() const { return count_; }

  /// Compiles everything that was added and loads it.
  [[nodiscard]] Expected<void> build(const BuildOptions &options);

  /// Runs module `index` once: one entry an input, one result an output.
  [[nodiscard]] std::vector<std::vector<std::uint8_t>> run(std::size_t index,
                                                           std::span<const ByteView> inputs) const;

private:
  struct Unload {
    void operator()(void *handle) const;
  };

  std::size_t count_ = 0;
  std::vector<std::string> includes_;
  std::string bodies_;
  std::optional<host::TemporaryFolder> folder_; ///< before the handle: it is unloaded first
  std::unique_ptr<void, Unload> handle_;
};

} // namespace tinyml::hostrun
