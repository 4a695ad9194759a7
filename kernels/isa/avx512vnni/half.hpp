// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_half.hpp"

namespace tinyml::kernels::isa {

[[nodiscard]] inline float to_float(Half half) { return plain_to_float(half); }
[[nodiscard]] inline Half to_half(float value) { return plain_to_half(value); }

} // namespace tinyml::kernels::isa
