// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/avx512vnni/packing.hpp"
#include "kernels/isa/avx512vnni/vectors.hpp"
#include "kernels/isa/plain_products.hpp"

#include <algorithm>

/// Products of patches with filters: sixteen filters in a register, every input element (four, in
/// int8) broadcast.
namespace tinyml::kernels::isa {

inline constexpr Packing kPacking = avx512vnni::kPacking;

namespace avx512vnni {

/// A register of sums for each position (patches) or each sixteen filters (rows).
template <int Count> struct Int32Sums { __m512i at[Count]; };
template <int Count> struct FloatSums { __m512 at[Count]; };

/// sums[p] = patch p times sixteen filters. `x` holds patches of `depth` bytes, a multiple of 4.
template <int Positions>
inline void multiply_bytes(__m512i *sums, const std::uint8_t *x, const std::int8_t *weights,
                           int depth) {
  __m512i totals[Positions];
#pragma GCC unroll 8
  for (int p = 0; p < Positions; ++p) {
    totals[p] = _mm512_setzero_si512();
  }
  for (int at = 0; at < depth; at += 4, weights += 64) {
    const __m512i factors = _mm512_loadu_si512(weights);
#pragma GCC unroll 8
    for (int p = 0; p < Positions; ++p) {
      totals[p] = _mm512_dpbusd_epi32(totals[p], broadcast_four(x + p * depth + at), factors);
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < Positions; ++p) {
    sums[p] = totals[p];
  }
}

/// The same in float, inputs ascending; products are rounded before they are added.
template <int Positions>
inline void multiply_floats(__m512 *sums, const float *x, const float *weights, int depth) {
  __m512 totals[Positions];
#pragma GCC unroll 8
  for (int p = 0; p < Positions; ++p) {
    totals[p] = _mm512_setzero_ps();
  }
  for (int at = 0; at < depth; ++at, weights += 16) {
    const __m512 factors = _mm512_loadu_ps(weights);
#pragma GCC unroll 8
    for (int p = 0; p < Positions; ++p) {
      totals[p] =
          _mm512_add_ps(totals[p], _mm512_mul_ps(_mm512_set1_ps(x[p * depth + at]), factors));
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < Positions; ++p) {
    sums[p] = totals[p];
  }
}

/// `multiply(index of the first position, how many as a type)` over `positions` in eights and ones.
template <typename Multiply> inline void in_eights(int positions, const Multiply &multiply) {
  if (positions == 8) {
    multiply(0, std::integral_constant<int, 8>{});
    return;
  }
  int done = 0;
  if (positions >= 4) {
    multiply(0, std::integral_constant<int, 4>{});
    done = 4;
  }
  for (; done < positions; ++done) {
    multiply(done, std::integral_constant<int, 1>{});
  }
}

} // namespace avx512vnni

template <typename T> class Patches;

template <> class Patches<std::int8_t> {
public:
  static constexpr int kPositions = kPacking.int8_patches.position_tile;
  static constexpr int kOutputs = kPacking.int8_patches.output_tile;
  using TileSums = avx512vnni::Int32Sums<kPositions>;

  Patches(void *scratch, int depth) : held_(static_cast<std::uint8_t *>(scratch)), depth_(depth) {}

  void put(int position, int at, const std::int8_t *from, int count) {
    avx512vnni::copy_plus_128(held_ + position * depth_ + at, from, count);
  }
  void fill(int position, int at, std::int8_t value, int count) {
    if (count > 0) {
      std::memset(held_ + position * depth_ + at, value + 128, static_cast<std::size_t>(count));
    }
  }
  void multiply(TileSums &sums, const std::int8_t *weights, int positions) const {
    avx512vnni::in_eights(positions, [&](int first, auto count) {
      avx512vnni::multiply_bytes<count>(sums.at + first, held_ + first * depth_, weights, depth_);
    });
  }
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  std::uint8_t *held_;
  int depth_;
};

template <> class Patches<float> {
public:
  static constexpr int kPositions = kPacking.float_patches.position_tile;
  static constexpr int kOutputs = kPacking.float_patches.output_tile;
  using TileSums = avx512vnni::FloatSums<kPositions>;

  Patches(void *scratch, int depth) : held_(static_cast<float *>(scratch)), depth_(depth) {}

  void put(int position, int at, const float *from, int count) {
    avx512vnni::copy_floats(held_ + position * depth_ + at, from, count);
  }
  void fill(int position, int at, float value, int count) {
    std::fill_n(held_ + position * depth_ + at, count, value);
  }
  void multiply(TileSums &sums, const float *weights, int positions) const {
    avx512vnni::in_eights(positions, [&](int first, auto count) {
      avx512vnni::multiply_floats<count>(sums.at + first, held_ + first * depth_, weights, depth_);
    });
  }
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  float *held_;
  int depth_;
};

template <typename T> class Row;

/// The row is held as x + 128; four chains of additions hide an instruction's latency.
template <> class Row<std::int8_t> {
public:
  static constexpr int kOutputs = kPacking.int8_row.output_tile;
  using TileSums = avx512vnni::Int32Sums<1>;

  Row(const std::int8_t *input, int depth, void *scratch)
      : held_(static_cast<std::uint8_t *>(scratch)), depth_(kPacking.int8_row.padded(depth)) {
    avx512vnni::copy_plus_128(held_, input, depth);
  }
  void multiply(TileSums &sums, const std::int8_t *weights, int /*positions*/) const {
    __m512i chains[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                         _mm512_setzero_si512()};
    for (int at = 0; at < depth_; at += 16) {
#pragma GCC unroll 4
      for (int chain = 0; chain < 4; ++chain, weights += 64) {
        chains[chain] =
            _mm512_dpbusd_epi32(chains[chain], avx512vnni::broadcast_four(held_ + at + 4 * chain),
                                _mm512_loadu_si512(weights));
      }
    }
    sums.at[0] = _mm512_add_epi32(_mm512_add_epi32(chains[0], chains[1]),
                                  _mm512_add_epi32(chains[2], chains[3]));
  }
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  std::uint8_t *held_;
  int depth_;
};

template <> class Row<float> {
public:
  static constexpr int kOutputs = kPacking.float_row.output_tile;
  using TileSums = avx512vnni::FloatSums<2>;

  Row(const float *input, int depth, void * /*scratch*/) : input_(input), depth_(depth) {}

  void multiply(TileSums &sums, const float *weights, int /*positions*/) const {
    __m512 low = _mm512_setzero_ps();
    __m512 high = _mm512_setzero_ps();
    for (int at = 0; at < depth_; ++at, weights += 32) {
      const __m512 x = _mm512_set1_ps(input_[at]);
      low = _mm512_add_ps(low, _mm512_mul_ps(x, _mm512_loadu_ps(weights)));
      high = _mm512_add_ps(high, _mm512_mul_ps(x, _mm512_loadu_ps(weights + 16)));
    }
    sums.at[0] = low;
    sums.at[1] = high;
  }
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  const float *input_;
  int depth_;
};

} // namespace tinyml::kernels::isa
