// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"

namespace tinyml::kernels::generic {

/// The sums of one tile of output channels.
template <typename T> struct TileSums {
  typename Arithmetic<T>::Accumulator lanes[isa::kOutputTile] = {};

  void store(const Arithmetic<T> &arithmetic, int channel, int count, T *output) const {
    for (int lane = 0; lane < isa::kOutputTile && lane < count; ++lane) {
      output[lane] = arithmetic.finish(lanes[lane], channel + lane);
    }
  }
};

/// A block of input and where its weights begin: `rows` runs of `run` contiguous elements.
/// Packed weights: for each tile of isa::kOutputTile output channels all inputs in order (rows,
/// then elements), the tile's channels innermost; lanes beyond the last channel are zero.
template <typename T> struct Patch {
  const T *input;
  const T *weights;
  int rows;
  int run;
  int input_row_step;
  int weights_row_step;
  int weights_tile_step;
};

/// Every output channel of one position: the patch's dot product with each filter.
template <typename T>
inline void dense_position(const Arithmetic<T> &arithmetic, const Patch<T> &patch, int channels,
                           T *output) {
  const T *tile = patch.weights;
  for (int channel = 0; channel < channels; channel += isa::kOutputTile) {
    TileSums<T> sums;
    const T *x = patch.input;
    const T *weights = tile;
    for (int row = 0; row < patch.rows; ++row) {
      isa::multiply_add_tile(sums.lanes, x, weights, patch.run, arithmetic.offset());
      x += patch.input_row_step;
      weights += patch.weights_row_step;
    }
    tile += patch.weights_tile_step;
    sums.store(arithmetic, channel, channels - channel, output + channel);
  }
}

} // namespace tinyml::kernels::generic
