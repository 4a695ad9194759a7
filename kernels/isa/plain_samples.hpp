// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

/// Vocabulary of the training kernels: one number of several neighbouring samples of a batch. The
/// compiler's own vectors, which it has for every width; how wide and how many at a time is what a
/// kernel set knows (`kSampleBlocking`). A set may specialise the functions for its widths.
namespace tinyml::kernels::isa {

/// What limits the inner loops of training kernels.
struct SampleBlocking {
  int lanes; ///< samples of a bundle, a power of two
  int sums;  ///< bundles that are summed up at the same time and stay in registers
  /// The same where next to nothing else is held.
  int most_sums;
  /// Neighbouring bundles of inputs that a weight's gradient is computed for at the same time.
  int dense_bundles;
};

template <int N> struct SampleBundle {
  typedef float Type __attribute__((vector_size(N * sizeof(float))));
  typedef std::int32_t Picks __attribute__((vector_size(N * sizeof(float))));
};
template <> struct SampleBundle<1> {
  using Type = float;
  using Picks = std::int32_t;
};
template <int N> using Samples = typename SampleBundle<N>::Type;
/// A number from 0 to 3 for each sample.
template <int N> using Picks = typename SampleBundle<N>::Picks;

template <int N>
[[nodiscard, gnu::always_inline]] inline Samples<N> load_samples(const float *from) {
  Samples<N> value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <int N> [[gnu::always_inline]] inline void store_samples(float *to, Samples<N> value) {
  std::memcpy(to, &value, sizeof value);
}

template <int N> [[nodiscard, gnu::always_inline]] inline Samples<N> same_for_all(float value) {
  return value - Samples<N>{};
}

template <int N, typename Bundle>
[[nodiscard, gnu::always_inline]] inline auto lane_of(const Bundle &all, int lane) {
  if constexpr (N == 1) {
    return all;
  } else {
    return all[lane];
  }
}

/// Bit i: a > b in lane i.
template <int N>
[[nodiscard, gnu::always_inline]] inline std::uint32_t greater_bits(Samples<N> a, Samples<N> b) {
  std::uint32_t bits = 0;
  for (int lane = 0; lane < N; ++lane) {
    bits |= (lane_of<N>(a, lane) > lane_of<N>(b, lane) ? 1U : 0U) << static_cast<unsigned>(lane);
  }
  return bits;
}

/// Lane i: of `set` where bit i is 1, else of `clear`.
template <int N>
[[nodiscard, gnu::always_inline]] inline Samples<N> select(std::uint32_t bits, Samples<N> set,
                                                           Samples<N> clear) {
  float lanes[N];
  for (int lane = 0; lane < N; ++lane) {
    const bool is_set = (bits >> static_cast<unsigned>(lane) & 1U) != 0;
    lanes[lane] = is_set ? lane_of<N>(set, lane) : lane_of<N>(clear, lane);
  }
  return load_samples<N>(lanes);
}

/// low + 2 high.
template <int N>
[[nodiscard, gnu::always_inline]] inline Picks<N> picks_of(std::uint32_t low, std::uint32_t high) {
  std::int32_t lanes[N];
  for (int lane = 0; lane < N; ++lane) {
    const auto at = static_cast<unsigned>(lane);
    lanes[lane] = static_cast<std::int32_t>((low >> at & 1U) + 2 * (high >> at & 1U));
  }
  Picks<N> picks;
  std::memcpy(&picks, lanes, sizeof picks);
  return picks;
}

/// Lane i: table[picks[i]].
template <int N>
[[nodiscard, gnu::always_inline]] inline Samples<N> pick(const float *table, Picks<N> picks) {
  float lanes[N];
  for (int lane = 0; lane < N; ++lane) {
    lanes[lane] = table[lane_of<N>(picks, lane)];
  }
  return load_samples<N>(lanes);
}

} // namespace tinyml::kernels::isa
