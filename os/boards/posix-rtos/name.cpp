// SPDX-License-Identifier: Apache-2.0
#include "os/hosted/loader.hpp"

const char *const tinyml::hosted::kBoardName = "posix-rtos";
