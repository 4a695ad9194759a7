// SPDX-License-Identifier: Apache-2.0
#include "os/boot/services.hpp"

/// Where the bootloader's table is, by the linker scripts. In a bare program something else is
/// there, or nothing, and the table's magic number says so.
extern "C" const tinyml::boot::ServiceTable tinyml_boot_services;

const tinyml::boot::ServiceTable *tinyml::boot::services() {
  return tinyml_boot_services.is_valid() ? &tinyml_boot_services : nullptr;
}
