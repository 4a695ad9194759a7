// SPDX-License-Identifier: Apache-2.0
// A process cannot call into its launcher, so the same services are linked in.
#include "os/boards/linux/platform.hpp"

const tinyml::boot::ServiceTable *tinyml::boot::services() {
  return &Services<linux_board::BootPlatform>::kTable;
}
