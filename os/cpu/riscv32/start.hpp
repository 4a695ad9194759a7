// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

extern "C" {
/// The first instruction; the linker script puts it where the machine begins.
[[noreturn]] void tinyml_start();

/// The board's part of the start: console, clock, memory protection.
void tinyml_board_start();

/// The board's last act after a fault: called with the report already on the console.
[[noreturn]] void tinyml_board_fault();
}
