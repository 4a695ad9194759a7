// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the board of a virtual machine's guest brings to os/cpu/x86_64/guest_start.cpp. The
/// processor is in 64-bit mode at ring 3 on the pages that the machine has set up, and starts at
/// the first byte of the image with no stack.
extern "C" {
/// Runs before statics have their values; ends the program when it cannot run here.
void tinyml_board_check();
void tinyml_board_start();
}
