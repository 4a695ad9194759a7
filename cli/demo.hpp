// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"

namespace tinyml::cli {

struct DemoOptions {
  std::string model = "mnist-lenet";
  std::string board = "mps2-an385";
  std::size_t images = 10'000;
  bool keep = false; ///< leave service and device running at the end
};

/// Service, virtual device, order, delivery and proof, each step said on standard error as it is
/// done. The value holds the figures of build/demo.json. Leaves no process and no file behind
/// unless `keep`.
[[nodiscard]] Expected<nlohmann::json> run_demo(const Context &context, const DemoOptions &options);

} // namespace tinyml::cli
