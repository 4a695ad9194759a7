// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/binary.hpp"

namespace tinyml::kernels::generic {

template <typename T> struct Div;

template <> struct Div<float> {
  float operator()(float a, float b) const { return a / b; }
};

} // namespace tinyml::kernels::generic
