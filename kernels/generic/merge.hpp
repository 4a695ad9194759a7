// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/function_of_two.hpp"

namespace tinyml::kernels::generic {

/// What an update makes of an element: takes its place. FunctionOfTwo
/// merges the two.
struct Replace {
  template <typename T> T operator()(T, T update) const { return update; }
};

} // namespace tinyml::kernels::generic
