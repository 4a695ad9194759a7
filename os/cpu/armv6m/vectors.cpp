// SPDX-License-Identifier: Apache-2.0
// The vector table (ARMv6-M Architecture Reference Manual, B1.5.3): system exceptions alone. The
// board's interrupts merely end a wfi and are never taken, and nothing else interrupts.
#include "os/cpu/armv6m/start.hpp"
#include "os/cpu/armv7m/fault.hpp"
#include "os/freestanding/stack_memory.hpp"

namespace {

using Handler = void (*)();

struct Vectors {
  std::uint32_t *initial_stack;
  Handler exceptions[15];
};

} // namespace

#define FAULT tinyml_fault_vector
extern "C" __attribute__((section(".vectors"), used))
const Vectors tinyml_vectors = {tinyml_stack_top,
                                {tinyml_start, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT,
                                 FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT}};
