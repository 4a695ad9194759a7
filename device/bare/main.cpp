// SPDX-License-Identifier: Apache-2.0
// The least that can be flashed: start, one inference over whatever the arena holds, end. It is
// there to be weighed, not to be used: what a firmware adds to it is its own.
#include "kernels/module_abi.hpp"
#include "os/program.hpp"

int tinyml_program() {
  tinyml_module_run();
  return 0;
}
