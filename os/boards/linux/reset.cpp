// SPDX-License-Identifier: Apache-2.0
#include "os/boards/linux/process.hpp"
#include "os/hal.hpp"

void tinyml::hal::exit(int code) {
  for (;;) {
    (void)linux_x86_64::call(linux_x86_64::Call::kExitGroup, code);
  }
}

void tinyml::hal::reset() { exit(linux_board::kResetExitCode); }

tinyml::Retained &tinyml::hal::retained() {
  static Retained own; // of a program without a launcher
  return linux_board::state.retained != nullptr ? *linux_board::state.retained : own;
}
