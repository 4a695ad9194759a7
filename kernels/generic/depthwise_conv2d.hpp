// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/generic/window.hpp"

#include TINYML_ISA_HEADER(depthwise.hpp)

namespace tinyml::kernels::generic {

/// Each channel with a filter of its own, no dilation, no multiplier (see conv2d_sparse.hpp).
/// Filter packed from 1HWC as the kernel set wants it (isa::DepthwisePacking, which also says whose
/// the bias is).
template <typename Arithmetic> struct DepthwiseConv2d {
  using T = typename ElementOf<Arithmetic>::Type;
  Window window;
  const T *filter;
  std::int16_t input_offset; ///< minus the input's zero point; 0 in float
  Arithmetic arithmetic;
};

/// Row by row of outputs. `output` may overlap `input` as kernel_facts.hpp says.
template <typename Arithmetic, typename Layer>
inline void depthwise_conv2d(const Layer &layer,
                             const typename DepthwiseConv2d<Arithmetic>::T *input,
                             typename DepthwiseConv2d<Arithmetic>::T *output) {
  const DepthwiseConv2d<Arithmetic> &p = layer;
  const Window &w = p.window;
  const int input_row = w.input_width * w.input_channels;
  const int output_row = w.output_width * w.input_channels;
  for (int batch = 0; batch < w.batches; ++batch, input += w.input_height * input_row) {
    for (int y = 0, top = -w.pad_top; y < w.output_height; ++y, top += w.stride_height) {
      const Taps rows = taps_inside(top, w.kernel_height, w.input_height);
      isa::depthwise_row(p, input + (top + rows.first) * input_row, rows, output);
      output += output_row;
    }
  }
}

} // namespace tinyml::kernels::generic
