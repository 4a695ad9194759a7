// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

extern "C" {
[[noreturn]] void tinyml_start();

/// The board's part of the start: console and clock.
void tinyml_board_start();

/// The board's last act after a fault: called with the report already on the console.
[[noreturn]] void tinyml_board_fault();
}
