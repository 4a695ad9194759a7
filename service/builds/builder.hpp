// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/builds/build_key.hpp"

namespace tinyml::service {

/// Where the parts of a successful build lie, or why there are none.
struct BuildOutcome {
  Json error; ///< {"code", "message", "would_fit"}, or null
  Json report;
  std::string image_sha256;
  std::int64_t image_bytes = 0;
  std::optional<std::string> module_sha256;
  std::string version;
  std::optional<SymbolsRecord> symbols; ///< when the backend left the linked program
  std::int64_t build_ms = 0;
};

/// Compiles, packs, signs and stores. Blocks until done or stopped. `number` becomes part of the
/// image's version.
[[nodiscard]] BuildOutcome run_build(const IdentifiedBuild &build,
                                     const BuildEnvironment &environment, std::uint32_t number,
                                     std::stop_token stop);

/// An error as the API and the store tell it.
[[nodiscard]] Json error_json(const HostError &error);

} // namespace tinyml::service
