// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/builds/build_key.hpp"

namespace tinyml::service {

/// Writes the request folder of docs/backend.md: request.json, the model, the calibration samples.
[[nodiscard]] Expected<void> write_backend_request(const std::filesystem::path &folder,
                                                   const IdentifiedBuild &build,
                                                   const BlobFolder &blobs);

} // namespace tinyml::service
