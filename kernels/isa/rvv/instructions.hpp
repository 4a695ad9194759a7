// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Vector instructions for compilers that know none (GCC before 14) and so leave the vector
/// registers alone. Each block sets vector length and element type itself and leaves nothing in a
/// register for another block; element counts are given, so that any register length of 128 bits or
/// more serves. The blocks name v0 to v31 freely.
#ifdef __riscv_vector
#error                                                                                             \
    "this compiler uses vector registers of its own: the blocks would have to name what they change"
#endif

#define TINYML_RVV(text) ".option push\n.option arch, +v\n" text ".option pop\n"
