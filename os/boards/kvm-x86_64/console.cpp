// SPDX-License-Identifier: Apache-2.0
#include "os/boards/kvm-x86_64/machine.hpp"

/// Text waits for the end of its line, so that a line costs one request.
void tinyml::hal::console_write(std::string_view text) {
  kvm::Machine &machine = kvm::machine();
  for (const char c : text) {
    machine.console[machine.console_bytes++] = c;
    if (c == '\n' || machine.console_bytes == kvm::kConsoleBytes) {
      (void)kvm::ask(kvm::Call::kFlush);
    }
  }
}
