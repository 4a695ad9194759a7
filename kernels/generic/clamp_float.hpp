// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tinyml::kernels::generic {

/// Brings a float result into the range of its activation (infinite where there is none); what is
/// not a number passes.
[[nodiscard]] inline float clamp_float(float value, float low, float high) {
  return value < low ? low : (value > high ? high : value);
}

} // namespace tinyml::kernels::generic
