// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lx60-lx106/machine.hpp"
#include "os/hal.hpp"

void tinyml::hal::console_write(std::string_view text) { lx60::Console::write(text); }
