// SPDX-License-Identifier: Apache-2.0
#include "os/boards/mps2-an385/machine.hpp"
#include "os/hal.hpp"

void tinyml::hal::console_write(std::string_view text) { mps2::Console::write(text); }
