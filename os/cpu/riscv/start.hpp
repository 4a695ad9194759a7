// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

extern "C" {
/// The first instruction; the linker script puts it where the machine, or an image, begins.
[[noreturn]] void tinyml_start();

/// The board's part of the start: console, clock, memory protection.
void tinyml_board_start();

/// Hands the machine over to the program that was put at `entry`: the bootloader's last act.
[[noreturn]] void tinyml_jump_to_image(std::uintptr_t entry);
}
