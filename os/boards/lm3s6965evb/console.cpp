// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lm3s6965evb/machine.hpp"
#include "os/hal.hpp"

void tinyml::hal::console_write(std::string_view text) { lm3s::Console::write(text); }
