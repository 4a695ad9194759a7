// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_depthwise.hpp"

namespace tinyml::kernels::isa {

/// See depthwise_position_plain.
template <typename Layer, typename T>
inline void depthwise_position(const Layer &p, const T *x, generic::Taps rows,
                               generic::Taps columns, T *output) {
  depthwise_position_plain<4>(p, x, rows, columns, output);
}

} // namespace tinyml::kernels::isa
