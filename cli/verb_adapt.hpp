// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"

namespace tinyml::cli {

void add_adapt(CLI::App &app, Context &context);

} // namespace tinyml::cli
