// SPDX-License-Identifier: Apache-2.0
// In serve.cpp's place on boards without a network.
#include "os/conformance/checks.hpp"

void tinyml::conformance::serve_network(Report & /*report*/) {}
