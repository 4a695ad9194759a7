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

/// `output` may overlap `input` as kernel_facts.hpp says: within a position, channels are written
/// in order and each is read just before.
template <typename Arithmetic, typename Layer>
inline void depthwise_conv2d(const Layer &layer,
                             const typename DepthwiseConv2d<Arithmetic>::T *input,
                             typename DepthwiseConv2d<Arithmetic>::T *output) {
  const DepthwiseConv2d<Arithmetic> &p = layer;
  const Window &w = p.window;
  for_each_position(w, [&](int corner, Taps rows, Taps columns) {
    const int first_tap = (rows.first * w.input_width + columns.first) * w.input_channels;
    isa::depthwise_position(p, input + corner + first_tap, rows, columns, output);
    output += w.input_channels;
  });
}

} // namespace tinyml::kernels::generic
