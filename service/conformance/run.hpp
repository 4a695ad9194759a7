// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/conformance/check_result.hpp"
#include "service/conformance/material.hpp"

#include <functional>

namespace tinyml::service::conformance {

enum class Verdict : std::uint8_t {
  kPassed,
  kRefused, ///< a valid request that the backend says it does not support: allowed
  kFailed,
};

struct CaseResult {
  std::string name;
  std::string what;
  Verdict verdict = Verdict::kFailed;
  std::string reason; ///< of a failure, or the backend's own words for a refusal
  std::chrono::milliseconds took{0};
};

struct RunOptions {
  std::filesystem::path backend;
  std::filesystem::path scratch; ///< where request and result folders are made
  std::string search_path;
  Tools tools;
  BackendLimits limits;
  std::function<void(const CaseResult &)> on_result; ///< as they come
};

/// Runs the cases in their order. A backend that refuses every valid case fails the first.
[[nodiscard]] std::vector<CaseResult> run_cases(const std::vector<Case> &cases,
                                                const RunOptions &options);

[[nodiscard]] bool all_passed(const std::vector<CaseResult> &results);

} // namespace tinyml::service::conformance
