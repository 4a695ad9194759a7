// SPDX-License-Identifier: Apache-2.0
#include "os/boards/riscv-virt/family.hpp"
#include "os/hal.hpp"

void tinyml::hal::console_write(std::string_view text) { virt::Console::write(text); }
