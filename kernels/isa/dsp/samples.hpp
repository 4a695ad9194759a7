// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_samples.hpp"

namespace tinyml::kernels::isa {

inline constexpr SampleBlocking kSampleBlocking{1, 16, 16, 1};

} // namespace tinyml::kernels::isa
