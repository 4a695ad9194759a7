// SPDX-License-Identifier: Apache-2.0
#pragma once

/// <immintrin.h> without what GCC 12 says about its own code: registers whose old content does not
/// matter are written there as variables that initialise themselves.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif
