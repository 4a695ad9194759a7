// SPDX-License-Identifier: Apache-2.0
// QUANTIZE and DEQUANTIZE.
#include "compiler/frontends/tflite/node_import.hpp"

namespace tinyml::tflite {

void convert_quantize(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  n.produce(n.is_float(x) ? ir::Op::kQuantize : ir::Op::kRequantize, {x});
}

/// 16-bit floats were widened when they were read, so there is nothing left to do for them.
void convert_dequantize(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  n.define(0, n.is_float(x) ? x : n.emit(ir::Op::kDequantize, {x}));
}

} // namespace tinyml::tflite
