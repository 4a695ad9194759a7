// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tinyml::linux_x86_64 {

/// What the kernel hands a new process.
struct Process {
  int argument_count;
  const char *const *arguments;
  const char *const *environment; ///< "NAME=value", ends with nullptr
};

} // namespace tinyml::linux_x86_64

extern "C" void tinyml_board_start(const tinyml::linux_x86_64::Process &process);
