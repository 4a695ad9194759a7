// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/avx512vnni/intrinsics.hpp"
#include "kernels/isa/plain_lanes.hpp"

#include <cstdint>

/// Elementwise vocabulary: bundles of sixteen elements, and of one for what is left over and for
/// element types that are rare.
namespace tinyml::kernels::isa {

template <typename T> struct Lanes : PlainLane<T> {
  Lanes(PlainLane<T> one) : PlainLane<T>(one) {}
};

template <> struct Lanes<std::int8_t> {
  static constexpr int kCount = 16;
  using Single = PlainLane<std::int8_t>;
  __m128i value;

  [[nodiscard]] static Lanes fill(std::int8_t with) { return {_mm_set1_epi8(with)}; }
  [[nodiscard]] static Lanes load(const std::int8_t *from) {
    return {_mm_loadu_si128(reinterpret_cast<const __m128i *>(from))};
  }
  void store(std::int8_t *to) const { _mm_storeu_si128(reinterpret_cast<__m128i *>(to), value); }

  [[nodiscard]] friend Lanes max(Lanes a, Lanes b) { return {_mm_max_epi8(a.value, b.value)}; }
  [[nodiscard]] friend Lanes min(Lanes a, Lanes b) { return {_mm_min_epi8(a.value, b.value)}; }
};

/// Of equal or unordered elements the instructions give the second one, `scalar` the first.
template <> struct Lanes<float> {
  static constexpr int kCount = 16;
  using Single = PlainLane<float>;
  __m512 value;

  [[nodiscard]] static Lanes fill(float with) { return {_mm512_set1_ps(with)}; }
  [[nodiscard]] static Lanes load(const float *from) { return {_mm512_loadu_ps(from)}; }
  void store(float *to) const { _mm512_storeu_ps(to, value); }

  [[nodiscard]] friend Lanes max(Lanes a, Lanes b) { return {_mm512_max_ps(b.value, a.value)}; }
  [[nodiscard]] friend Lanes min(Lanes a, Lanes b) { return {_mm512_min_ps(b.value, a.value)}; }
};

} // namespace tinyml::kernels::isa
