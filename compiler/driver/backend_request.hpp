// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/driver/compile_adaptive.hpp"

#include <filesystem>
#include <optional>

namespace tinyml::driver {

inline constexpr int kInterfaceVersion = 1;

/// request.json of docs/backend.md, checked.
struct BackendRequest {
  std::optional<std::filesystem::path> model; ///< absent for an image without a module
  CompileOptions compile;
  link::Limits limits;
  bool host_module = true;
  std::vector<float> calibration;
  std::optional<Adapt> adapt; ///< the module is one that learns
  std::filesystem::path kit;
  std::string program;
};

/// kInvalidInput and kUnsupported say what is wrong with it. `compile.calibration` points into
/// `calibration`.
[[nodiscard]] Expected<BackendRequest>
read_backend_request(const std::filesystem::path &request_folder);

} // namespace tinyml::driver
