// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/xtensa/start.hpp"

/// The console works as it is, the cycle counter runs, and there is no memory protection.
extern "C" void tinyml_board_start() {}
