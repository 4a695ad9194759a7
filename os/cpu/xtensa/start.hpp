// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

extern "C" {
[[noreturn]] void tinyml_start();

/// The board's part of the start: console, clock, protection.
void tinyml_board_start();

/// The first act of a fault: does not return when the board asked for it, to find out whether the
/// machine knows an instruction.
void tinyml_board_fault_begins();

/// The board's last act after a fault: called with the report already on the console.
[[noreturn]] void tinyml_board_fault();
}
