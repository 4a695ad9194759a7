// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

#include <string>
#include <vector>

/// Reads TensorFlow Lite models (schema version 3). A model is untrusted: whatever the bytes are,
/// the answer is a verified graph or an error that names the node, in time and memory bounded by
/// the file's size.
namespace tinyml::tflite {

struct ImportOptions {
  std::size_t max_model_bytes = std::size_t{16} << 20;
  std::string name; ///< the graph's name; the model's own when empty
};

/// Whether the bytes say that they are a TensorFlow Lite model ("TFL3" at offset 4).
[[nodiscard]] bool is_tflite(ByteView model);

/// The graph has the model's layout (images NHWC), element types and quantisations: a quantised
/// model stays as it is. A batch size that is left open is what the model's tensors say, usually 1.
[[nodiscard]] Expected<ir::Graph> import_tflite(ByteView model, const ImportOptions &options = {});

/// Operators that can be imported, sorted.
[[nodiscard]] std::vector<std::string> supported_operators();

} // namespace tinyml::tflite
