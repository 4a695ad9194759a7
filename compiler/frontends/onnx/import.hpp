// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

#include <map>
#include <string>
#include <vector>

/// Reads ONNX models (opset 7 to 21, and of older ones what has not changed since). A model is
/// untrusted: whatever the bytes are, the answer is a verified graph or an error that names the
/// node, in time and memory bounded by the file's size.
namespace tinyml::onnx {

struct ImportOptions {
  std::size_t max_model_bytes = std::size_t{16} << 20;
  std::string name; ///< the graph's name; the model's own when empty

  /// Graph inputs that become constants: what a model takes as input but the compiler must know (a
  /// shape, the axes of a reduction…). The value's type and data count, not its name.
  std::map<std::string, ir::Value> fixed_inputs;
};

/// The graph has the model's layout (images NCHW) and the model's element types, or the
/// quantise/dequantise pairs the model has. A batch size that is left open becomes 1.
[[nodiscard]] Expected<ir::Graph> import_onnx(ByteView model, const ImportOptions &options = {});

/// A tensor as a protobuf file has it (`input_0.pb` beside a test model), as a constant.
[[nodiscard]] Expected<ir::Value> read_tensor_file(ByteView bytes);

/// Operators that can be imported, sorted.
[[nodiscard]] std::vector<std::string> supported_operators();

} // namespace tinyml::onnx
