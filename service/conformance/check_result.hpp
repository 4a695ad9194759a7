// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/conformance/case.hpp"

namespace tinyml::service::conformance {

/// What is wrong, for people; empty when nothing is.
using Complaint = std::string;

/// Programs that the checks need.
struct Tools {
  std::filesystem::path module_runner; ///< tinyml-module-run
  std::string compiler = "c++";        ///< of this machine
};

/// A refusal: a known code, one of those wanted, a message, advice where it does not fit.
[[nodiscard]] Complaint check_refusal(const Json &error, const std::vector<std::string> &codes);

/// The report's figures against each other, the request and the files of the result folder.
[[nodiscard]] Complaint check_report(const Case &one, const Json &report,
                                     const std::filesystem::path &result);

/// Every source file compiles on this machine with the kit's headers.
[[nodiscard]] Complaint check_sources(const Case &one, const std::filesystem::path &result,
                                      const Tools &tools);

/// module.so computes what the reference says.
[[nodiscard]] Complaint check_outputs(const Reference &reference, const Json &report,
                                      const std::filesystem::path &result, const Tools &tools);

} // namespace tinyml::service::conformance
