// SPDX-License-Identifier: Apache-2.0
#include "os/boards/mps/family.hpp"
#include "os/hal.hpp"

void tinyml::hal::console_write(std::string_view text) { mps::Console::write(text); }
