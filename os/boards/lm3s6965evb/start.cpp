// SPDX-License-Identifier: Apache-2.0
#include "os/freestanding/stack_memory.hpp"
#include "os/hal.hpp"
#include "os/program.hpp"

/// Where the machine begins. Paints the stack, gives statics their values, brings up clock and
/// console, then runs the program to its end.
extern "C" [[noreturn]] void tinyml_start() {
  constexpr int kOwnFrameWords = 64;
  tinyml::stack::paint_below(static_cast<std::uint32_t *>(__builtin_frame_address(0)) -
                             kOwnFrameWords);
  tinyml::hal::exit(tinyml_program());
}
