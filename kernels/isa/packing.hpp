// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How a kernel set wants its operands. Each kernels/isa/<name>/packing.hpp defines one `kPacking`;
/// the compiler packs weights and plans scratch memory by it, the set's kernels read what it says.
namespace tinyml::kernels::isa {

/// One way to multiply patches (runs of inputs, one an output position) with a tile of filters.
struct ProductPacking {
  /// Filters computed together. Weights lie tile by tile; within a tile block by block of
  /// `depth_block` inputs, within a block filter by filter.
  int output_tile;
  int depth_block;
  /// Patches are as long as the filter rounded up to this; the weights beyond the filter are zero.
  int depth_multiple;
  /// Output positions computed together, each with its patch held in scratch memory.
  int position_tile;
  /// Bytes of a held input element; 0: inputs are read where they lie, no scratch is needed.
  int held_bytes;
  /// Held elements are the inputs plus this.
  int held_offset;

  [[nodiscard]] constexpr int padded(int depth) const {
    return (depth + depth_multiple - 1) / depth_multiple * depth_multiple;
  }
  /// Scratch memory for a group of patches.
  [[nodiscard]] constexpr long long scratch_bytes(int depth) const {
    return static_cast<long long>(position_tile) * padded(depth) * held_bytes;
  }
  [[nodiscard]] constexpr unsigned fingerprint() const {
    return static_cast<unsigned>(output_tile + 64 * depth_block + 4096 * depth_multiple +
                                 262144 * position_tile + 16777216 * held_bytes + held_offset);
  }
};

/// How the filters of a depthwise convolution lie.
struct DepthwisePacking {
  /// Channels side by side. Filters lie tile by tile; within a tile block by block of `tap_block`
  /// taps, within a block channel by channel.
  int tile;
  /// Channels that fill no tile: 1: they follow one by one; `tile`: in one more tile, the rest of
  /// it zero.
  int rest_tile;
  int tap_block;
  /// Every tap is summed, with padding where it lies outside of the input, and the bias holds what
  /// the zero point and `held_offset` (as in ProductPacking) add. Otherwise the kernel adds the
  /// zero point to the taps inside, and the bias is the model's own.
  bool folds_zero_point;
  int held_offset;
  /// Taps lie column by column, and each column ends with a whole block; otherwise row by row, and
  /// the filter ends with one. What fills a block up is zero. The kernel slides along a whole row
  /// of outputs, tile of channels by tile: inputs are read again until the row is done.
  bool by_columns;

  [[nodiscard]] constexpr int whole_blocks(int taps) const {
    return (taps + tap_block - 1) / tap_block * tap_block;
  }
  /// Taps of one channel, as packed.
  [[nodiscard]] constexpr int padded_taps(int height, int width) const {
    return by_columns ? width * whole_blocks(height) : whole_blocks(height * width);
  }
  /// Where a tap lies among them.
  [[nodiscard]] constexpr int tap_at(int row, int column, int height, int width) const {
    return by_columns ? column * whole_blocks(height) + row : row * width + column;
  }
  [[nodiscard]] constexpr unsigned fingerprint() const {
    return static_cast<unsigned>(tile + 64 * rest_tile + 4096 * tap_block +
                                 65536 * static_cast<int>(folds_zero_point) +
                                 131072 * static_cast<int>(by_columns) + 262144 * held_offset);
  }
};

/// Filters of layers that go channel by channel.
inline constexpr DepthwisePacking kDepthwiseLines = {1, 1, 1, true, 0, false};

/// Elements of one held line of a 3x3 depthwise layer: padding, the input's row, and what the last
/// window reads beyond it; even, and one pair more for windows that are computed two at a time.
[[nodiscard]] constexpr int depthwise_line_length(int width, int output_width, int stride,
                                                  int pad_left) {
  const int input_end = pad_left + width;
  const int windows_end = (output_width - 1) * stride + 3;
  return ((input_end > windows_end ? input_end : windows_end) + 3) / 2 * 2;
}

/// Scratch memory of such a layer: three lines of 16-bit elements and a row of 32-bit sums.
[[nodiscard]] constexpr long long depthwise_lines_bytes(int width, int output_width, int stride,
                                                        int pad_left) {
  return 3LL * depthwise_line_length(width, output_width, stride, pad_left) * 2 +
         (output_width + 1LL) / 2 * 8;
}

struct Packing {
  ProductPacking int8_patches; ///< convolutions
  ProductPacking int8_row;     ///< fully connected: one position
  ProductPacking float_patches;
  ProductPacking float_row;
  DepthwisePacking int8_depthwise;
  DepthwisePacking float_depthwise;
  /// 3x3 depthwise layers of int8 go channel by channel through three held lines
  /// (depthwise_lines.hpp of the set), their filters packed as kDepthwiseLines says.
  bool int8_depthwise_lines;
  /// Int8WideArithmetic costs little more than Int8Arithmetic: a module that needs both takes the
  /// wide one everywhere and saves the other's code.
  bool wide_is_cheap;
  /// Bytes; every tensor in the arena begins at a multiple of it. 1: the element's own alignment.
  int tensor_alignment;
  /// Bytes; the same for packed weights in ROM.
  int weight_alignment;

  /// Tells packings apart, so that kernels refuse weights that were packed for another set.
  [[nodiscard]] constexpr unsigned fingerprint() const {
    return ((((int8_patches.fingerprint() * 31U + int8_row.fingerprint()) * 31U +
              float_patches.fingerprint()) *
                 31U +
             float_row.fingerprint()) *
                31U +
            int8_depthwise.fingerprint()) *
               31U +
           float_depthwise.fingerprint() * 7U + (int8_depthwise_lines ? 101U : 0U) +
           static_cast<unsigned>(tensor_alignment);
  }
};

} // namespace tinyml::kernels::isa
