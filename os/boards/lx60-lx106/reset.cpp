// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lx60-lx106/machine.hpp"
#include "os/cpu/xtensa/start.hpp"
#include "os/hal.hpp"

namespace {

/// A machine that is started with -no-reboot ends here. It has no way to tell a code: what a
/// program has to say stands in the store.
[[noreturn]] void restart() {
  for (;;) {
    tinyml::lx60::Restart::write(tinyml::lx60::kRestartWord);
  }
}

} // namespace

void tinyml::hal::reset() { restart(); }

void tinyml::hal::exit(int) { restart(); }

extern "C" [[noreturn]] void tinyml_board_fault() { restart(); }
