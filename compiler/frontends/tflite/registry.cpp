// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/tflite/import.hpp"
#include "compiler/frontends/tflite/node_import.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tinyml::tflite {
namespace {

using Entry = std::pair<schema::BuiltinOperator, Converter>;

constexpr std::array kConverters = {
    Entry{schema::BuiltinOperator_ADD, convert_add},
    Entry{schema::BuiltinOperator_AVERAGE_POOL_2D, convert_average_pool_2d},
    Entry{schema::BuiltinOperator_CONCATENATION, convert_concatenation},
    Entry{schema::BuiltinOperator_CONV_2D, convert_conv_2d},
    Entry{schema::BuiltinOperator_DEPTHWISE_CONV_2D, convert_depthwise_conv_2d},
    Entry{schema::BuiltinOperator_DEQUANTIZE, convert_dequantize},
    Entry{schema::BuiltinOperator_DIV, convert_div},
    Entry{schema::BuiltinOperator_EXPAND_DIMS, convert_reshape},
    Entry{schema::BuiltinOperator_FULLY_CONNECTED, convert_fully_connected},
    Entry{schema::BuiltinOperator_LOGISTIC, convert_logistic},
    Entry{schema::BuiltinOperator_MAX_POOL_2D, convert_max_pool_2d},
    Entry{schema::BuiltinOperator_MEAN, convert_mean},
    Entry{schema::BuiltinOperator_MUL, convert_mul},
    Entry{schema::BuiltinOperator_PAD, convert_pad},
    Entry{schema::BuiltinOperator_PADV2, convert_pad},
    Entry{schema::BuiltinOperator_QUANTIZE, convert_quantize},
    Entry{schema::BuiltinOperator_RELU, convert_relu},
    Entry{schema::BuiltinOperator_RELU6, convert_relu6},
    Entry{schema::BuiltinOperator_RELU_N1_TO_1, convert_relu_n1_to_1},
    Entry{schema::BuiltinOperator_RESHAPE, convert_reshape},
    Entry{schema::BuiltinOperator_SOFTMAX, convert_softmax},
    Entry{schema::BuiltinOperator_SQUEEZE, convert_reshape},
    Entry{schema::BuiltinOperator_SUB, convert_sub},
    Entry{schema::BuiltinOperator_TANH, convert_tanh},
    Entry{schema::BuiltinOperator_TRANSPOSE, convert_transpose},
};

} // namespace

Converter find_converter(schema::BuiltinOperator code) {
  const auto *found = std::find_if(kConverters.begin(), kConverters.end(),
                                   [=](const Entry &entry) { return entry.first == code; });
  return found == kConverters.end() ? nullptr : found->second;
}

std::vector<std::string> supported_operators() {
  std::vector<std::string> names;
  for (const Entry &entry : kConverters) {
    names.emplace_back(schema::EnumNameBuiltinOperator(entry.first));
  }
  return names;
}

} // namespace tinyml::tflite
