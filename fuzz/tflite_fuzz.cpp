// SPDX-License-Identifier: Apache-2.0
// Any bytes as a TensorFlow Lite model: import, passes, printing and parsing back.
#include "compiler/frontends/tflite/import.hpp"
#include "fuzz/imported_graph.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  tinyml::fuzz::check_imported(tinyml::tflite::import_tflite({data, size}));
  return 0;
}
