// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_depthwise.hpp"

namespace tinyml::kernels::isa {

/// See multiply_taps_plain.
template <int Lanes, typename T, typename Accumulator>
inline void multiply_taps(Accumulator *sums, const T *x, const T *weights,
                          const DepthwiseTaps &taps, Accumulator offset) {
  multiply_taps_plain<Lanes>(sums, x, weights, taps, offset);
}

} // namespace tinyml::kernels::isa
