// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

/// Vocabulary of the training kernels: one number of several neighbouring samples of a batch. The
/// compiler's own vectors, which it has for every width; how wide and how many at a time is what a
/// kernel set knows (`kSampleBlocking`).
namespace tinyml::kernels::isa {

/// What limits the inner loops of training kernels.
struct SampleBlocking {
  int lanes;       ///< samples of a bundle, a power of two
  int sums;        ///< bundles that are summed up at the same time and stay in registers
  int dense_lanes; ///< weights of a bundle where lanes are weights
};

template <int N> struct SampleBundle {
  typedef float Type __attribute__((vector_size(N * sizeof(float))));
};
template <> struct SampleBundle<1> { using Type = float; };
template <int N> using Samples = typename SampleBundle<N>::Type;

template <int N> [[nodiscard]] inline Samples<N> load_samples(const float *from) {
  Samples<N> value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <int N> inline void store_samples(float *to, Samples<N> value) {
  std::memcpy(to, &value, sizeof value);
}

template <int N> [[nodiscard]] inline Samples<N> same_for_all(float value) {
  return value - Samples<N>{};
}

} // namespace tinyml::kernels::isa
