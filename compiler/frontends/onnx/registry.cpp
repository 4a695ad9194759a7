// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/onnx/import.hpp"
#include "compiler/frontends/onnx/node_import.hpp"

#include <array>
#include <utility>

namespace tinyml::onnx {
namespace {

using Entry = std::pair<std::string_view, Converter>;

constexpr std::array kConverters = {
    Entry{"Add", convert_add},
    Entry{"AveragePool", convert_average_pool},
    Entry{"BatchNormalization", convert_batch_normalization},
    Entry{"Clip", convert_clip},
    Entry{"Constant", convert_constant},
    Entry{"Conv", convert_conv},
    Entry{"DequantizeLinear", convert_dequantize_linear},
    Entry{"Dropout", convert_identity},
    Entry{"Flatten", convert_flatten},
    Entry{"Gemm", convert_gemm},
    Entry{"GlobalAveragePool", convert_global_average_pool},
    Entry{"Identity", convert_identity},
    Entry{"MatMul", convert_matmul},
    Entry{"MaxPool", convert_max_pool},
    Entry{"Pad", convert_pad},
    Entry{"QuantizeLinear", convert_quantize_linear},
    Entry{"Relu", convert_relu},
    Entry{"Reshape", convert_reshape},
    Entry{"Softmax", convert_softmax},
    Entry{"Transpose", convert_transpose},
};

} // namespace

Converter find_converter(std::string_view op_type) {
  for (const auto &[name, converter] : kConverters) {
    if (name == op_type) {
      return converter;
    }
  }
  return nullptr;
}

std::vector<std::string> supported_operators() {
  std::vector<std::string> names;
  names.reserve(kConverters.size());
  for (const Entry &entry : kConverters) {
    names.emplace_back(entry.first);
  }
  return names;
}

} // namespace tinyml::onnx
