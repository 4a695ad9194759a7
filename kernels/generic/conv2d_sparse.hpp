// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/dense.hpp"
#include "kernels/generic/window.hpp"

namespace tinyml::kernels::generic {

/// Convolution with groups, dilation or both: the filter's taps do not lie side by side in the
/// input. Also a depthwise convolution with a channel multiplier or dilation: groups = channels.
/// Filter packed group by group, each as in conv2d.hpp.
template <typename Arithmetic> struct Conv2dSparse {
  using T = typename ElementOf<Arithmetic>::Type;
  Window window; ///< kernel_height and kernel_width are spans: (taps - 1) * dilation + 1
  std::uint16_t dilation_height;
  std::uint16_t dilation_width;
  std::uint16_t groups;
  const T *filter;
  std::int32_t depth; ///< of a group's patch, padded as the kernel set wants it
  T padding;
  Arithmetic arithmetic;
};

/// Tap by tap, the channels of one group.
template <typename Arithmetic, typename T>
inline void gather_taps(isa::Patches<T> &patches, const Conv2dSparse<Arithmetic> &p, const T *x,
                        Taps rows, Taps columns) {
  const Window &w = p.window;
  const int channels = w.input_channels / p.groups;
  int at = 0;
  for (int row = 0; row < w.kernel_height; row += p.dilation_height) {
    for (int column = 0; column < w.kernel_width; column += p.dilation_width) {
      if (row >= rows.first && row < rows.last && column >= columns.first &&
          column < columns.last) {
        patches.put(0, at, x + (row * w.input_width + column) * w.input_channels, channels);
      } else {
        patches.fill(0, at, p.padding, channels);
      }
      at += channels;
    }
  }
}

/// Position by position, group by group: a group's outputs are written while those behind it are
/// still to be read. `output` may overlap `input` as kernel_facts.hpp says.
template <typename Arithmetic, typename Layer>
inline void conv2d_sparse(const Layer &layer, const typename Conv2dSparse<Arithmetic>::T *input,
                          typename Conv2dSparse<Arithmetic>::T *output, void *scratch) {
  using T = typename Conv2dSparse<Arithmetic>::T;
  const Conv2dSparse<Arithmetic> &p = layer;
  const int group_inputs = p.window.input_channels / p.groups;
  const int group_outputs = p.window.output_channels / p.groups;
  constexpr int kTile = isa::Patches<T>::kOutputs;
  isa::Patches<T> patches(scratch, p.depth);
  const int group_weights = (group_outputs + kTile - 1) / kTile * patches.tile_step();
  for_each_position(p.window, [&](int corner, Taps rows, Taps columns) {
    const T *weights = p.filter;
    for (int group = 0; group < p.groups; ++group) {
      gather_taps(patches, p, input + corner + group * group_inputs, rows, columns);
      multiply_all(patches, p.arithmetic, weights, group * group_outputs, group_outputs, 1, output,
                   group_outputs);
      weights += group_weights;
      output += group_outputs;
    }
  });
}

} // namespace tinyml::kernels::generic
