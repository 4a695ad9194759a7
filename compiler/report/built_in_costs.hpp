// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tinyml::report {

/// kernel_costs.json; the build makes the definition from the file.
extern const std::string_view kBuiltInCosts;

} // namespace tinyml::report
