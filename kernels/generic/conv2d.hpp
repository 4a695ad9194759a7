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
  const int row_elements = w.kernel_width * w.input_channels;
  const int input_row = w.input_width * w.input_channels;
  const int left = columns.first * w.input_channels;
  const int run = columns.count() * w.input_channels;
  int at = 0;
  for (int row = 0; row < w.kernel_height; ++row, at += row_elements, corner += input_row) {
    if (row < rows.first || row >= rows.last || run == 0) {
      patches.fill(position, at, padding, row_elements);
    } else if (run == row_elements) {
      patches.put(position, at, corner, row_elements);
    } else {
      patches.fill(position, at, padding, left);
      patches.put(position, at + left, corner + left, run);
      patches.fill(position, at + left + run, padding, row_elements - left - run);
    }
  }
}

/// Positions go through in groups: all patches of a group are gathered before any of its outputs is
/// written. `output` may overlap `input` as kernel_facts.hpp says.
template <typename Arithmetic, typename Layer>
inline void conv2d(const Layer &layer, const typename Conv2d<Arithmetic>::T *input,
                   typename Conv2d<Arithmetic>::T *output, void *scratch) {
  using T = typename Conv2d<Arithmetic>::T;
  const Conv2d<Arithmetic> p = layer;
  const Window w = p.window;
  const int input_row = w.input_width * w.input_channels;
  const int step = w.stride_width * w.input_channels;
  isa::Patches<T> patches(scratch, p.depth);
  int held = 0;
  int left = w.batches * w.output_height * w.output_width;
  for (int batch = 0; batch < w.batches; ++batch, input += w.input_height * input_row) {
    for (int y = 0, top = -w.pad_top; y < w.output_height; ++y, top += w.stride_height) {
      const Taps rows = taps_inside(top, w.kernel_height, w.input_height);
      const T *corner = input + top * input_row - w.pad_left * w.input_channels;
      for (int x = 0, at = -w.pad_left; x < w.output_width; ++x, at += w.stride_width) {
        gather_patch(patches, held++, w, corner, rows,
                     taps_inside(at, w.kernel_width, w.input_width), p.padding);
        corner += step;
        if (--left == 0 || held == isa::Patches<T>::kPositions) {
          multiply_all(patches, p.arithmetic, p.filter, 0, w.output_channels, held, output,
                       w.output_channels);
          output += held * w.output_channels;
          held = 0;
        }
      }
    }
  }
}

} // namespace tinyml::kernels::generic
