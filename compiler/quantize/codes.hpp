// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "compiler/ir/graph.hpp"

#include <span>
#include <vector>

/// Real numbers as the raw elements of a tensor and back: float32 as they are, int8 and int16 by
/// the tensor's scale and zero point.
namespace tinyml::quantize {

/// Rounds halves away from zero and saturates. `out` has byte_size(type) bytes.
void encode(const ir::TensorType &type, std::span<const float> numbers, std::uint8_t *out);
[[nodiscard]] std::vector<float> decode(const ir::TensorType &type, ByteView raw);

} // namespace tinyml::quantize
