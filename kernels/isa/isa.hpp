// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The one place where a kernel set is chosen: `#include TINYML_ISA_HEADER(products.hpp)` takes
/// that file from kernels/isa/<TINYML_ISA>/. A board kit's compile flags say -DTINYML_ISA=<folder>,
/// and so does the host (compiler/hostrun/kernel_sets.hpp); without it the portable folder is
/// taken. Shared code never asks which one it is.
#ifndef TINYML_ISA
#define TINYML_ISA scalar
#endif

// clang-format off
// NOLINTBEGIN(bugprone-macro-parentheses): the arguments are words of a path.
#define TINYML_ISA_QUOTE(text) #text
#define TINYML_ISA_PATH(folder, file) TINYML_ISA_QUOTE(kernels/isa/folder/file)
#define TINYML_ISA_HEADER(file) TINYML_ISA_PATH(TINYML_ISA, file)
// NOLINTEND(bugprone-macro-parentheses)
// clang-format on
