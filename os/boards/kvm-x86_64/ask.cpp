// SPDX-License-Identifier: Apache-2.0
#include "os/boards/kvm-x86_64/machine.hpp"

std::uint32_t tinyml::kvm::ask(Call call, std::uint64_t argument, const void *pointer,
                               std::size_t length) {
  Request request = {.call = call,
                     .result = 0,
                     .argument = argument,
                     .pointer = address_of(pointer),
                     .length = static_cast<std::uint32_t>(length)};
  // One plain store: the monitor's kernel has to understand the instruction.
  asm volatile("movl %0, %1"
               :
               : "r"(address_of(&request)),
                 "m"(*reinterpret_cast<volatile std::uint32_t *>(kDoorbell))
               : "memory");
  return request.result;
}
