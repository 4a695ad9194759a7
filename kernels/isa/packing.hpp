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

struct Packing {
  ProductPacking int8_patches; ///< convolutions
  ProductPacking int8_row;     ///< fully connected: one position
  ProductPacking float_patches;
  ProductPacking float_row;
  /// Channels of a depthwise filter that lie side by side, tap by tap.
  int int8_depthwise_tile;
  int float_depthwise_tile;
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
            static_cast<unsigned>(int8_depthwise_tile)) *
               31U +
           static_cast<unsigned>(float_depthwise_tile) * 7U +
           static_cast<unsigned>(tensor_alignment);
  }
};

} // namespace tinyml::kernels::isa
