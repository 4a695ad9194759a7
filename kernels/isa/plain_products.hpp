// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Products of patches with filters in plain C++: what `scalar` consists of, and what other kernel
/// sets take for the element types they have nothing better for.
namespace tinyml::kernels::isa {

/// Accumulators of one tile: a sum for each position and filter.
template <typename Accumulator, int Positions, int Outputs> struct Sums {
  static constexpr int kPositions = Positions;
  static constexpr int kOutputs = Outputs;
  Accumulator at[Positions][Outputs];
};

template <typename T> struct AccumulatorOf { using Type = T; };
template <> struct AccumulatorOf<std::int8_t> { using Type = std::int32_t; };

/// sums[lane] = the dot product of `depth` inputs with filter `lane` of a tile, inputs ascending:
/// float results are those of the reference.
template <int Outputs, typename T, typename Accumulator>
inline void multiply_tile(Accumulator *sums, const T *x, const T *weights, int depth) {
  static_assert(Outputs == 4);
  Accumulator a = 0;
  Accumulator b = 0;
  Accumulator c = 0;
  Accumulator d = 0;
  for (; depth > 0; --depth) {
    const Accumulator value = *x++;
    a += value * weights[0];
    b += value * weights[1];
    c += value * weights[2];
    d += value * weights[3];
    weights += Outputs;
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
}

/// The patches of a group of output positions, gathered into scratch memory.
template <typename T, int Positions, int Outputs> class PlainPatches {
public:
  static constexpr int kPositions = Positions;
  static constexpr int kOutputs = Outputs;
  using TileSums = Sums<typename AccumulatorOf<T>::Type, kPositions, kOutputs>;

  /// `scratch` is aligned to 16 and as long as ProductPacking::scratch_bytes says; `depth` is
  /// padded.
  PlainPatches(void *scratch, int depth) : held_(static_cast<T *>(scratch)), depth_(depth) {}

  /// Elements [at, at + count) of one position's patch. Together the calls for a position cover all
  /// of its patch, in any order; what pads it is nobody's.
  void put(int position, int at, const T *from, int count) {
    T *to = held_ + position * depth_ + at;
    for (; count > 0; --count) {
      *to++ = *from++;
    }
  }
  void fill(int position, int at, T value, int count) {
    T *to = held_ + position * depth_ + at;
    for (; count > 0; --count) {
      *to++ = value;
    }
  }
  /// `weights` of one tile, times the first `positions` patches.
  void multiply(TileSums &sums, const T *weights, int positions) const {
    const int count = kPositions == 1 ? 1 : positions;
    for (int position = 0; position < count; ++position) {
      multiply_tile<kOutputs>(sums.at[position], held_ + position * depth_, weights, depth_);
    }
  }
  /// Elements of weights from one tile to the next.
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  T *held_;
  int depth_;
};

/// One row of inputs that is multiplied with many filters, read where it lies.
template <typename T, int Outputs> class PlainRow {
public:
  static constexpr int kOutputs = Outputs;
  using TileSums = Sums<typename AccumulatorOf<T>::Type, 1, kOutputs>;

  PlainRow(const T *input, int depth, void * /*scratch*/) : input_(input), depth_(depth) {}

  void multiply(TileSums &sums, const T *weights, int /*positions*/) const {
    multiply_tile<kOutputs>(sums.at[0], input_, weights, depth_);
  }
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  const T *input_;
  int depth_;
};

} // namespace tinyml::kernels::isa
