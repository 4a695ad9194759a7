// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_half.hpp"

/// Vocabulary of the training kernels for batches of one sample: short runs of neighbouring values
/// that are loaded into registers. `Slot` 0 or 1: two runs are held at a time. `Pairs`: a run of
/// halves begins at a multiple of four bytes.
namespace tinyml::kernels::isa {

inline constexpr int kLongestRun = 8;

/// sum + a * b, rounded twice unless the compiler may fuse the two.
[[nodiscard, gnu::always_inline]] inline float plain_add_product(float sum, float a, float b) {
  return sum + a * b;
}

template <int N, int Slot, bool Pairs>
[[gnu::always_inline]] inline void plain_load_run(const float *from, float *values) {
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) {
    values[i] = from[i];
  }
}
template <int N, int Slot, bool Pairs>
[[gnu::always_inline]] inline void plain_load_run(const Half *from, float *values) {
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) {
    values[i] = plain_to_float(from[i]);
  }
}

template <int N, int Slot, bool Pairs>
[[gnu::always_inline]] inline void plain_store_run(float *to, const float *values) {
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) {
    to[i] = values[i];
  }
}
template <int N, int Slot, bool Pairs>
[[gnu::always_inline]] inline void plain_store_run(Half *to, const float *values) {
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) {
    to[i] = plain_to_half(values[i]);
  }
}

} // namespace tinyml::kernels::isa
