// SPDX-License-Identifier: Apache-2.0
// For boards whose reset leaves nothing: what is retained elsewhere is forgotten here. A board with
// such memory defines the function itself.
#include "os/retained.hpp"

#include "os/hal.hpp"

__attribute__((weak)) tinyml::Retained &tinyml::hal::retained() {
  static Retained memory;
  return memory;
}
