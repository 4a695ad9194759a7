// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_depthwise.hpp"

namespace tinyml::kernels::isa {

/// See depthwise_row_plain.
template <typename Layer, typename T>
inline void depthwise_row(const Layer &p, const T *x, generic::Taps rows, T *output) {
  depthwise_row_plain<4>(p, x, rows, output);
}

} // namespace tinyml::kernels::isa
