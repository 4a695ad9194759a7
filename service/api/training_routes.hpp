// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/api/api.hpp"

namespace tinyml::service {

/// What a device that adapts is told over HTTP (docs/training-protocol.md, "Devices that adapt").
void add_training_routes(Router &router, ApiContext &context);

} // namespace tinyml::service
