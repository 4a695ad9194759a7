// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a device program defines: its whole life. A board's start code calls it once, after memory,
/// clock and console stand; the board ends (hal::exit) with the code that it returns.
extern "C" int tinyml_program();
