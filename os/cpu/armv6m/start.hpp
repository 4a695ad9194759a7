// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

extern "C" {
/// Vector 1.
[[noreturn]] void tinyml_start();

/// The board's part of the start: clock and console. Runs with interrupts held.
void tinyml_board_start();

/// Hands the machine over to another program's vector table: the bootloader's last act. The
/// processor's own table stays at address 0; faults are passed on to the other's.
[[noreturn]] void tinyml_jump_to_image(const std::uint32_t *vectors);
}
