// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "kernels/module_abi.hpp"

namespace tinyml::device {

/// The winner of a classifier's output vector.
struct Winner {
  std::int32_t class_index = -1; ///< -1: the tensor is not a vector of classes
  float score = 0;               ///< dequantised
};

/// The index of the largest element (the first one of equals), for int8, uint8 and float32 tensors
/// with one dimension above 1.
[[nodiscard]] Winner classify(const module::TensorInfo &tensor, ByteView data);

} // namespace tinyml::device
