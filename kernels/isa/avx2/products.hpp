// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/avx2/packing.hpp"
#include "kernels/isa/avx2/vectors.hpp"

#include <algorithm>
#include <type_traits>

/// Products of patches with filters: sixteen filters in two registers, every input element (two,
/// in int8) broadcast.
namespace tinyml::kernels::isa {

inline constexpr Packing kPacking = avx2::kPacking;

namespace avx2 {

/// Sums of `Count` positions, each with `Registers` times eight filters.
template <int Count> struct Int32Sums { __m256i at[Count][2]; };
template <int Count, int Registers> struct FloatSums { __m256 at[Count][Registers]; };

/// sums[p] = patch p times sixteen filters. `x` holds patches of `depth` halves, an even number.
template <int Positions>
inline void multiply_halves(__m256i (*sums)[2], const std::int16_t *x, const std::int8_t *weights,
                            int depth) {
  __m256i totals[Positions][2];
#pragma GCC unroll 4
  for (int p = 0; p < Positions; ++p) {
    totals[p][0] = _mm256_setzero_si256();
    totals[p][1] = _mm256_setzero_si256();
  }
  for (int at = 0; at < depth; at += 2, weights += 32) {
    const __m256i low = widened(weights);
    const __m256i high = widened(weights + 16);
#pragma GCC unroll 4
    for (int p = 0; p < Positions; ++p) {
      const __m256i pair = broadcast_pair(x + p * depth + at);
      totals[p][0] = _mm256_add_epi32(totals[p][0], _mm256_madd_epi16(pair, low));
      totals[p][1] = _mm256_add_epi32(totals[p][1], _mm256_madd_epi16(pair, high));
    }
  }
#pragma GCC unroll 4
  for (int p = 0; p < Positions; ++p) {
    sums[p][0] = totals[p][0];
    sums[p][1] = totals[p][1];
  }
}

/// Eight filters a register, inputs ascending; products are rounded before they are added.
template <int Positions, int Registers>
inline void multiply_floats(__m256 (*sums)[Registers], const float *x, const float *weights,
                            int depth) {
  __m256 totals[Positions][Registers];
#pragma GCC unroll 4
  for (int p = 0; p < Positions; ++p) {
#pragma GCC unroll 4
    for (int r = 0; r < Registers; ++r) {
      totals[p][r] = _mm256_setzero_ps();
    }
  }
  for (int at = 0; at < depth; ++at, weights += 8 * Registers) {
#pragma GCC unroll 4
    for (int p = 0; p < Positions; ++p) {
      const __m256 value = _mm256_set1_ps(x[p * depth + at]);
#pragma GCC unroll 4
      for (int r = 0; r < Registers; ++r) {
        totals[p][r] =
            _mm256_add_ps(totals[p][r], _mm256_mul_ps(value, _mm256_loadu_ps(weights + 8 * r)));
      }
    }
  }
#pragma GCC unroll 4
  for (int p = 0; p < Positions; ++p) {
#pragma GCC unroll 4
    for (int r = 0; r < Registers; ++r) {
      sums[p][r] = totals[p][r];
    }
  }
}

/// `multiply(index of the first position, how many as a type)` over `positions`.
template <typename Multiply> inline void in_fours(int positions, const Multiply &multiply) {
  if (positions == 4) {
    multiply(0, std::integral_constant<int, 4>{});
    return;
  }
  for (int done = 0; done < positions; ++done) {
    multiply(done, std::integral_constant<int, 1>{});
  }
}

} // namespace avx2

template <typename T> class Patches;

template <> class Patches<std::int8_t> {
public:
  static constexpr int kPositions = kPacking.int8_patches.position_tile;
  static constexpr int kOutputs = kPacking.int8_patches.output_tile;
  using TileSums = avx2::Int32Sums<kPositions>;

  Patches(void *scratch, int depth) : held_(static_cast<std::int16_t *>(scratch)), depth_(depth) {}

  void put(int position, int at, const std::int8_t *from, int count) {
    avx2::copy_widened(held_ + position * depth_ + at, from, count);
  }
  void fill(int position, int at, std::int8_t value, int count) {
    std::fill_n(held_ + position * depth_ + at, count, std::int16_t{value});
  }
  void multiply(TileSums &sums, const std::int8_t *weights, int positions) const {
    avx2::in_fours(positions, [&](int first, auto count) {
      avx2::multiply_halves<count>(sums.at + first, held_ + first * depth_, weights, depth_);
    });
  }
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  std::int16_t *held_;
  int depth_;
};

template <> class Patches<float> {
public:
  static constexpr int kPositions = kPacking.float_patches.position_tile;
  static constexpr int kOutputs = kPacking.float_patches.output_tile;
  using TileSums = avx2::FloatSums<kPositions, 2>;

  Patches(void *scratch, int depth) : held_(static_cast<float *>(scratch)), depth_(depth) {}

  void put(int position, int at, const float *from, int count) {
    std::copy_n(from, count, held_ + position * depth_ + at);
  }
  void fill(int position, int at, float value, int count) {
    std::fill_n(held_ + position * depth_ + at, count, value);
  }
  void multiply(TileSums &sums, const float *weights, int positions) const {
    avx2::in_fours(positions, [&](int first, auto count) {
      avx2::multiply_floats<count, 2>(sums.at + first, held_ + first * depth_, weights, depth_);
    });
  }
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  float *held_;
  int depth_;
};

template <typename T> class Row;

/// The row is held widened; two chains of additions for each register of filters hide latency.
template <> class Row<std::int8_t> {
public:
  static constexpr int kOutputs = kPacking.int8_row.output_tile;
  using TileSums = avx2::Int32Sums<1>;

  Row(const std::int8_t *input, int depth, void *scratch)
      : held_(static_cast<std::int16_t *>(scratch)), depth_(kPacking.int8_row.padded(depth)) {
    avx2::copy_widened(held_, input, depth);
  }
  void multiply(TileSums &sums, const std::int8_t *weights, int /*positions*/) const {
    __m256i totals[2][2] = {{_mm256_setzero_si256(), _mm256_setzero_si256()},
                            {_mm256_setzero_si256(), _mm256_setzero_si256()}};
    for (int at = 0; at < depth_; at += 4) {
#pragma GCC unroll 2
      for (int chain = 0; chain < 2; ++chain, weights += 32) {
        const __m256i pair = avx2::broadcast_pair(held_ + at + 2 * chain);
        totals[chain][0] =
            _mm256_add_epi32(totals[chain][0], _mm256_madd_epi16(pair, avx2::widened(weights)));
        totals[chain][1] = _mm256_add_epi32(totals[chain][1],
                                            _mm256_madd_epi16(pair, avx2::widened(weights + 16)));
      }
    }
    sums.at[0][0] = _mm256_add_epi32(totals[0][0], totals[1][0]);
    sums.at[0][1] = _mm256_add_epi32(totals[0][1], totals[1][1]);
  }
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  std::int16_t *held_;
  int depth_;
};

template <> class Row<float> {
public:
  static constexpr int kOutputs = kPacking.float_row.output_tile;
  using TileSums = avx2::FloatSums<1, 4>;

  Row(const float *input, int depth, void * /*scratch*/) : input_(input), depth_(depth) {}

  void multiply(TileSums &sums, const float *weights, int /*positions*/) const {
    avx2::multiply_floats<1, 4>(sums.at, input_, weights, depth_);
  }
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  const float *input_;
  int depth_;
};

} // namespace tinyml::kernels::isa
