// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

#include <string>
#include <vector>

/// Reads ONNX models (opset 7 to 21). A model is untrusted: whatever the bytes are, the answer is a
/// verified graph or an error that names the node, in time and memory bounded by the file's size.
namespace tinyml::onnx {

struct ImportOptions {
  std::size_t max_model_bytes = std::size_t{16} << 20;
  std::string name; ///< the graph's name; the model's own when empty
};

/// The graph has the model's layout (images NCHW) and float32 values, or the quantise/dequantise
/// pairs the model has. A batch size that is left open becomes 1.
[[nodiscard]] Expected<ir::Graph> import_onnx(ByteView model, const ImportOptions &options = {});

/// Operators that can be imported, sorted.
[[nodiscard]] std::vector<std::string> supported_operators();

} // namespace tinyml::onnx
