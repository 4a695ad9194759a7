// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <span>
#include <vector>

namespace tinyml::training {

/// The ONNX model with the weights of `flat` (kernels/training_abi.hpp) in place of its own; names,
/// operators and everything else stay. kUnsupported for a file that is not ONNX, and for weights
/// that the compiler computes out of several of the file's.
[[nodiscard]] Expected<std::vector<std::uint8_t>> export_onnx(ByteView model,
                                                              std::span<const float> flat);

} // namespace tinyml::training
