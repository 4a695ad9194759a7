// SPDX-License-Identifier: Apache-2.0
#include "os/boot/services.hpp"

/// nullptr: no bootloader, so nothing verifies an image for the program.
const tinyml::boot::ServiceTable *tinyml::boot::services() { return nullptr; }
