// SPDX-License-Identifier: Apache-2.0
// Any bytes as an ONNX model: import, passes, printing and parsing back. Whatever the import
// accepts must survive all of it; the passes promise to leave a verified graph.
#include "compiler/frontends/onnx/import.hpp"
#include "fuzz/imported_graph.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  tinyml::fuzz::check_imported(tinyml::onnx::import_onnx({data, size}));
  return 0;
}
