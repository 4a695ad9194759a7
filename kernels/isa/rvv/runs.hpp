// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_runs.hpp"

namespace tinyml::kernels::isa {

[[nodiscard, gnu::always_inline]] inline float add_product(float sum, float a, float b) {
  return plain_add_product(sum, a, b);
}
template <int N, int Slot, bool Pairs, typename P>
[[gnu::always_inline]] inline void load_run(const P *from, float *values) {
  plain_load_run<N, Slot, Pairs>(from, values);
}
template <int N, int Slot, bool Pairs, typename P>
[[gnu::always_inline]] inline void store_run(P *to, const float *values) {
  plain_store_run<N, Slot, Pairs>(to, values);
}

} // namespace tinyml::kernels::isa
