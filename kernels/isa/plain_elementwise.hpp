// SPDX-License-Identifier: Apache-2.0
#pragma once

/// For kernel sets that compute no elementwise operator of two tensors in bundles.
namespace tinyml::kernels::isa {

/// Whether `combine` has bundles for an operation (Add<std::int8_t> of kernels/generic/add.hpp).
template <typename Operation> inline constexpr bool kCombines = false;

/// output[i] = operation(a[i], b[i]) for the first elements of `count`, in whole bundles; returns
/// how many. The others are computed one by one. `output` may be `a` or `b`.
template <typename Operation, typename T>
[[nodiscard]] inline int combine(const Operation & /*operation*/, const T * /*a*/, const T * /*b*/,
                                 T * /*output*/, int /*count*/) {
  return 0;
}

} // namespace tinyml::kernels::isa
