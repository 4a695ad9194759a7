// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tinyml::kernels::generic {

/// Makes the parameters of one layer a type, so that a kernel called with it is compiled for that
/// layer alone and folds them into its code: `conv2d(PerLayer<kLayer3>{}, in, out)` instead of
/// `conv2d(kLayer3, in, out)`.
template <const auto &Parameters> struct PerLayer {
  constexpr operator decltype(Parameters)() const { return Parameters; }
};

} // namespace tinyml::kernels::generic
