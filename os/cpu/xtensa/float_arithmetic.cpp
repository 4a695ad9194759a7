// SPDX-License-Identifier: Apache-2.0
// Float arithmetic that GCC calls by name and that the lx106's libgcc leaves out, because the chip
// it was made for has it in its mask ROM. Comparisons are in libgcc. Weak: a program and the kit's
// library may both bring them.
#include "os/freestanding/soft_float.hpp"

using namespace tinyml::soft_float;

namespace {

Bits bits(float x) { return std::bit_cast<Bits>(x); }
float number(Bits x) { return std::bit_cast<float>(x); }

} // namespace

#define TINYML_LIBRARY extern "C" __attribute__((weak))

TINYML_LIBRARY float __addsf3(float a, float b) { return number(add(bits(a), bits(b))); }
TINYML_LIBRARY float __subsf3(float a, float b) { return number(subtract(bits(a), bits(b))); }
TINYML_LIBRARY float __mulsf3(float a, float b) { return number(multiply(bits(a), bits(b))); }
TINYML_LIBRARY float __divsf3(float a, float b) { return number(divide(bits(a), bits(b))); }
TINYML_LIBRARY float __floatsisf(std::int32_t x) { return number(from_signed(x)); }
TINYML_LIBRARY float __floatunsisf(std::uint32_t x) { return number(from_unsigned(x)); }
TINYML_LIBRARY std::int32_t __fixsfsi(float x) { return to_signed(bits(x)); }
TINYML_LIBRARY std::uint32_t __fixunssfsi(float x) { return to_unsigned(bits(x)); }
