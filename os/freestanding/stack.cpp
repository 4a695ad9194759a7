// SPDX-License-Identifier: Apache-2.0
#include "os/stack.hpp"

#include "os/freestanding/stack_memory.hpp"

namespace tinyml::stack {

namespace {

std::size_t bytes_between(const std::uint32_t *low, const std::uint32_t *high) {
  return reinterpret_cast<std::uintptr_t>(high) - reinterpret_cast<std::uintptr_t>(low);
}

} // namespace

std::size_t reserved_bytes() { return bytes_between(tinyml_stack_bottom, tinyml_stack_top); }

std::size_t high_water_bytes() {
  const volatile std::uint32_t *word = tinyml_stack_bottom;
  while (word < tinyml_stack_top && *word == kPaint) {
    ++word;
  }
  return bytes_between(const_cast<const std::uint32_t *>(word), tinyml_stack_top);
}

} // namespace tinyml::stack
