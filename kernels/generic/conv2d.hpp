// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/dense.hpp"
#include "kernels/generic/window.hpp"

namespace tinyml::kernels::generic {

/// Convolution with one group and without dilation. Filter packed from OHWI as the kernel set wants
/// it (isa::Packing), inputs in the order kernel row, kernel column, input channel.
template <typename Arithmetic> struct Conv2d {
  using T = typename ElementOf<Arithmetic>::Type;
  Window window;
  const T *filter;
  std::int32_t depth; ///< of a patch, padded as the kernel set wants it
  T padding;          ///< what stands outside of the input: its zero point
  Arithmetic arithmetic;
};

/// One position's patch. A kernel row is contiguous in NHWC, so columns and channels are one run.
template <typename T>
inline void gather_patch(isa::Patches<T> &patches, int position, const Window &w, const T *corner,
                         Taps rows, Taps columns, T padding) {
  const int run = columns.count() * w.input_channels;
  const int left = columns.first * w.input_channels;
  const int row_elements = w.kernel_width * w.input_channels;
  for (int row = 0, at = 0; row < w.kernel_height; ++row, at += row_elements) {
    const bool inside = row >= rows.first && row < rows.last && run > 0;
    if (!inside) {
      patches.fill(position, at, padding, row_elements);
      continue;
    }
    patches.fill(position, at, padding, left);
    patches.put(position, at + left, corner + row * w.input_width * w.input_channels + left, run);
    patches.fill(position, at + left + run, padding, row_elements - left - run);
  }
}

/// Positions go through in groups: all patches of a group are gathered before any of its outputs is
/// written. `output` may overlap `input` as kernel_facts.hpp says.
template <typename Arithmetic, typename Layer>
inline void conv2d(const Layer &layer, const typename Conv2d<Arithmetic>::T *input,
                   typename Conv2d<Arithmetic>::T *output, void *scratch) {
  using T = typename Conv2d<Arithmetic>::T;
  const Conv2d<Arithmetic> &p = layer;
  const Window &w = p.window;
  isa::Patches<T> patches(scratch, p.depth);
  int held = 0;
  const auto flush = [&] {
    multiply_all(patches, p.arithmetic, p.filter, 0, w.output_channels, held, output,
                 w.output_channels);
    output += held * w.output_channels;
    held = 0;
  };
  int left = w.batches * w.output_height * w.output_width;
  for_each_position(w, [&](int corner, Taps rows, Taps columns) {
    gather_patch(patches, held++, w, input + corner, rows, columns, p.padding);
    if (--left == 0 || held == isa::Patches<T>::kPositions) {
      flush();
    }
  });
}

} // namespace tinyml::kernels::generic
