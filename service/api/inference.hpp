// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/api/api.hpp"

namespace tinyml::service {

inline constexpr std::size_t kMaxInferenceBytes = std::size_t{64} << 20;

/// Bytes of one inference's inputs and outputs, from a build's report.
struct TensorBytes {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
};
[[nodiscard]] TensorBytes tensor_bytes(const Json &report);

/// POST /v1/devices/{endpoint}/infer and POST /v1/builds/{id}/run.
void infer_on_device(ApiContext &context, const HttpRequest &request, const Respond &respond);
void run_on_host(ApiContext &context, const HttpRequest &request, const Respond &respond);

} // namespace tinyml::service
