// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/compile_package.hpp"

#include <filesystem>

namespace tinyml::cli {

/// The board that is no machine: WebAssembly in Node.js and browsers (os/boards/wasm).
inline constexpr const char *kWasmBoard = "wasm";

/// The flags of a package that is this board's module: `module.wasm` and its loader.
[[nodiscard]] PackageFlags wasm_package(PackageFlags flags);

struct WasmRun {
  std::vector<std::uint8_t> outputs;
  std::size_t count = 0;
  std::uint64_t nanoseconds_per_inference = 0;
};

/// Runs every input through the module in `folder` with Node.js. kUnavailable where that is not
/// installed; kInvalidInput when the inputs' length is no multiple of the model's.
[[nodiscard]] Expected<WasmRun> run_in_wasm(const std::filesystem::path &folder, ByteView inputs);

} // namespace tinyml::cli
