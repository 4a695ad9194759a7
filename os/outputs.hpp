// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

/// What a board does with a model's outputs as soon as they are there: nothing, unless it defines
/// the function.
namespace tinyml::outputs {

/// One output tensor of the inference that just ended, raw.
void show(std::uint32_t index, ByteView bytes);

} // namespace tinyml::outputs
