// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"

#include TINYML_ISA_HEADER(products.hpp)
#include TINYML_ISA_HEADER(finish.hpp)

namespace tinyml::kernels::generic {

/// Every output channel of the positions whose inputs `source` (isa::Patches or isa::Row) holds;
/// `step` elements lie between the outputs of neighbouring positions. `channel` numbers the first
/// one in the tables of `arithmetic`, which is taken by value: outputs, being bytes, could
/// otherwise change it under way. A kernel set may have its own for some sources.
template <typename Source, typename Arithmetic, typename T>
inline void multiply_all(const Source &source, const Arithmetic arithmetic, const T *weights,
                         int channel, int channels, int positions, T *output, int step) {
  for (int done = 0; done < channels; done += Source::kOutputs) {
    typename Source::TileSums sums;
    source.multiply(sums, weights, positions);
    const int left = channels - done;
    isa::finish_tile(arithmetic, sums, channel + done,
                     left < Source::kOutputs ? left : Source::kOutputs, positions, output + done,
                     step);
    weights += source.tile_step();
  }
}

} // namespace tinyml::kernels::generic
