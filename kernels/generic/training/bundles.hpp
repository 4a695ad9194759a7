// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/shapes.hpp"
#include "kernels/isa/isa.hpp"

#include TINYML_ISA_HEADER(half.hpp)
#include TINYML_ISA_HEADER(samples.hpp)

#include <type_traits>
#include <utility>

/// Behind the parameters of a lambda: bodies of unrolled loops, which are functions otherwise.
#define TINYML_INLINE __attribute__((always_inline))

/// How the training kernels go through a batch: bundle by bundle, each as wide as the kernel set
/// says, what is left over in halves of that. Whatever the width, every sample has sums of its own;
/// only `sum_of_samples` adds those of different samples, in an order that depends on the batch
/// alone. So all kernel sets compute the same bits, as long as the compiler does not fuse
/// multiplications with additions (-ffp-contract=off; with `fast` it may).
namespace tinyml::kernels::generic::training {

using isa::load_samples;
using isa::same_for_all;
using isa::Samples;
using isa::store_samples;

inline constexpr int kLanes = isa::kSampleBlocking.lanes;
inline constexpr int kSums = isa::kSampleBlocking.sums;

template <int Value> using Constant = std::integral_constant<int, Value>;

/// Calls `body(Constant<0>{})` to `body(Constant<Count - 1>{})`: an unrolled loop, also where the
/// compiler optimises for size, so that arrays indexed by it are registers.
template <int Count, typename Body> [[gnu::always_inline]] inline void unroll(Body body) {
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (body(Constant<I>{}), ...);
  }
  (std::make_integer_sequence<int, Count>{});
}

/// Calls `body(Constant<width>{}, first sample)` for every bundle of a batch.
template <int Batch, int Width = kLanes, typename Body>
[[gnu::always_inline]] inline void for_each_bundle(Body body, int first = 0) {
  constexpr int kWhole = Batch / Width * Width;
  if constexpr (kWhole > 0) {
    for (int sample = 0; sample < kWhole; sample += Width) {
      body(Constant<Width>{}, first + sample);
    }
  }
  if constexpr (Batch > kWhole) {
    for_each_bundle<Batch - kWhole, Width / 2>(body, first + kWhole);
  }
}

/// Calls `body(Constant<length>{}, first)` for `Count` things in blocks of at most `Most`.
template <int Count, int Most, typename Body>
[[gnu::always_inline]] inline void for_each_block(Body body) {
  constexpr int kWhole = Count / Most * Most;
  if constexpr (kWhole > 0) {
    for (int first = 0; first < kWhole; first += Most) {
      body(Constant<Most>{}, first);
    }
  }
  if constexpr (Count > kWhole) {
    body(Constant<Count - kWhole>{}, kWhole);
  }
}

template <int Count> inline void fill_zero(float *values) {
  for_each_bundle<Count>(
      [&](auto width, int at) { store_samples<width>(values + at, Samples<width>{}); });
}

/// The sum over all samples, halves onto halves: sample i and i + ceil(n / 2), until one is left.
template <int Batch> [[nodiscard]] inline float sum_of_samples(float *samples) {
  if constexpr (Batch == 1) {
    return samples[0];
  } else {
    constexpr int kHalf = (Batch + 1) / 2;
    for_each_bundle<Batch - kHalf>([&](auto width, int at) {
      const auto upper = load_samples<width>(samples + kHalf + at);
      store_samples<width>(samples + at, load_samples<width>(samples + at) + upper);
    });
    return sum_of_samples<kHalf>(samples);
  }
}

template <Activation Of, int N>
[[nodiscard, gnu::always_inline]] inline Samples<N> activate(Samples<N> value) {
  if constexpr (Of != Activation::kNone) {
    const Samples<N> zero{};
    value = value < zero ? zero : value;
  }
  if constexpr (Of == Activation::kRelu6) {
    const Samples<N> six = same_for_all<N>(6);
    value = value > six ? six : value;
  }
  return value;
}

/// Parameters are stored as float or isa::Half.
[[nodiscard, gnu::always_inline]] inline float parameter(const float *from) { return *from; }
inline void set_parameter(float *to, float value) { *to = value; }
[[nodiscard, gnu::always_inline]] inline float parameter(const isa::Half *from) {
  return isa::to_float(*from);
}
inline void set_parameter(isa::Half *to, float value) { *to = isa::to_half(value); }

/// What becomes of the gradients of the parameters from number `at` on: they are kept, or the
/// parameters descend.
struct KeepGradient {
  float *gradient;
  template <int N> [[gnu::always_inline]] void all(int at, Samples<N> values) const {
    store_samples<N>(gradient + at, values);
  }
  void operator()(int at, float value) const { gradient[at] = value; }
};
template <typename P> struct Descend {
  P *parameters;
  float rate;
  template <int N> [[gnu::always_inline]] void all(int at, Samples<N> values) const {
    if constexpr (std::is_same_v<P, float>) {
      store_samples<N>(parameters + at, load_samples<N>(parameters + at) - rate * values);
    } else {
      for (int i = 0; i < N; ++i) {
        (*this)(at + i, isa::lane_of<N>(values, i));
      }
    }
  }
  void operator()(int at, float value) const {
    set_parameter(parameters + at, parameter(parameters + at) - rate * value);
  }
};

/// An optional array of parameters; the caller may write nullptr.
template <typename P> using Optional = std::type_identity_t<const P *>;

} // namespace tinyml::kernels::generic::training
