// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/conformance/report.hpp"

namespace tinyml::conformance {

/// What the compiler made of our own code; named after what once went wrong.
void check_toolchain(Report &report);
void check_clock(Report &report);
void check_store(Report &report);
void check_network(Report &report);

} // namespace tinyml::conformance
