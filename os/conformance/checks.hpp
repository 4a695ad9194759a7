// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/conformance/report.hpp"

namespace tinyml::conformance {

void check_clock(Report &report);
void check_store(Report &report);
void check_network(Report &report);

} // namespace tinyml::conformance
