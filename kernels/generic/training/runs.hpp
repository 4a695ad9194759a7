// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"

#include TINYML_ISA_HEADER(runs.hpp)

/// Batches of one sample: there are no lanes, but what is multiplied lies side by side. Sums are in
/// the same order as with lanes.
namespace tinyml::kernels::generic::training {

/// Values of a row of taps.
template <const Convolution &kShape>
inline constexpr int kRunLength = kShape.kernel_width *kShape.input_channels;

/// Calls `body(Constant<length>{}, first)` for `Count` values in runs as long as registers allow.
template <int Count, typename Body> [[gnu::always_inline]] inline void for_each_run(Body body) {
  for_each_block<Count, isa::kLongestRun>(body);
}

/// sums[r] += shared[k] * (k-th behind at(Constant<r>{})), k ascending, for `Count` of them.
/// `Pairs`: all runs of halves begin at an even number.
template <int Length, int Count, bool Pairs, typename A, typename At>
[[gnu::always_inline]] inline void multiply_runs(const A *shared, At at, float *sums) {
  for_each_run<Length>([&](auto length, int first) TINYML_INLINE {
    float values[isa::kLongestRun];
    isa::load_run<length, 0, Pairs>(shared + first, values);
    unroll<Count>([&](auto r) TINYML_INLINE {
      float others[isa::kLongestRun];
      isa::load_run<length, 1, Pairs>(at(r) + first, others);
      unroll<length>(
          [&](auto k) TINYML_INLINE { sums[r] = isa::add_product(sums[r], others[k], values[k]); });
    });
  });
}

/// to[k] += slope * from[k].
template <int Length, bool Pairs, typename From, typename To>
[[gnu::always_inline]] inline void add_run(float slope, const From *from, To *to) {
  for_each_run<Length>([&](auto length, int first) TINYML_INLINE {
    float values[isa::kLongestRun];
    float sums[isa::kLongestRun];
    isa::load_run<length, 0, Pairs>(from + first, values);
    isa::load_run<length, 1, Pairs>(to + first, sums);
    unroll<length>([&](auto k)
                       TINYML_INLINE { sums[k] = isa::add_product(sums[k], slope, values[k]); });
    isa::store_run<length, 1, Pairs>(to + first, sums);
  });
}

} // namespace tinyml::kernels::generic::training
