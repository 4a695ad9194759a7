// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace tinyml::cli {

/// A fleet's answer to "status" for people: a row for each device, then the sums.
void print_status(const nlohmann::json &status, std::size_t most_rows);

} // namespace tinyml::cli
