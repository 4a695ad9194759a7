// SPDX-License-Identifier: Apache-2.0
// The vector table (ARMv7-M Architecture Reference Manual, B1.5.3). Only SysTick interrupts the
// program; the boards' other interrupts merely end a wfi and are never taken, so a vector for them
// is a fault.
#include "os/cpu/armv7m/cycle_counter.hpp"
#include "os/cpu/armv7m/fault.hpp"
#include "os/cpu/armv7m/start.hpp"
#include "os/freestanding/stack_memory.hpp"

namespace {

using Handler = void (*)();

struct Vectors {
  std::uint32_t *initial_stack;
  Handler exceptions[15];
  Handler interrupts[32];
};

} // namespace

#define FAULT tinyml_fault_vector
extern "C" __attribute__((section(".vectors"), used)) const Vectors tinyml_vectors = {
    tinyml_stack_top,
    {tinyml_start, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT,
     FAULT, FAULT, tinyml_systick_interrupt},
    {FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT,
     FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT,
     FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT}};
