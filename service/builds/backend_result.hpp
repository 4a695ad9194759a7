// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/store/records.hpp"

#include "base/error.hpp"

#include <filesystem>
#include <vector>

namespace tinyml::service {

/// What a backend left behind, checked: it is a program of somebody else, so nothing is believed.
struct BackendResult {
  Json error; ///< {"code", "message", "would_fit"}, or null
  Json report;
  std::vector<std::uint8_t> payload;
  std::vector<std::uint8_t> module; ///< shared object for this machine; may be empty
  std::vector<std::uint8_t> elf;    ///< the linked program with symbols; may be empty
};

/// Reads a result folder (docs/backend.md). An error here means that the backend broke its
/// contract; an error that the backend reports properly is in `error`. An image without a model has
/// no tensors.
[[nodiscard]] Expected<BackendResult> read_backend_result(const std::filesystem::path &folder,
                                                          bool has_model = true);

} // namespace tinyml::service
