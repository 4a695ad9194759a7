// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/tflite/import.hpp"
#include "compiler/frontends/tflite/node_import.hpp"

#include <algorithm>
#include <array>

namespace tinyml::tflite {
namespace {

constexpr std::array kOperators = {
    Registered{schema::BuiltinOperator_ABS, convert_unary, "abs"},
    Registered{schema::BuiltinOperator_ADD, convert_add},
    Registered{schema::BuiltinOperator_ADD_N, convert_add_n},
    Registered{schema::BuiltinOperator_ARG_MAX, convert_arg, "max"},
    Registered{schema::BuiltinOperator_ARG_MIN, convert_arg, "min"},
    Registered{schema::BuiltinOperator_AVERAGE_POOL_2D, convert_average_pool_2d},
    Registered{schema::BuiltinOperator_BATCH_MATMUL, convert_batch_matmul},
    Registered{schema::BuiltinOperator_BROADCAST_TO, convert_broadcast_to},
    Registered{schema::BuiltinOperator_CAST, convert_cast},
    Registered{schema::BuiltinOperator_CEIL, convert_unary, "ceil"},
    Registered{schema::BuiltinOperator_CONCATENATION, convert_concatenation},
    Registered{schema::BuiltinOperator_CONV_2D, convert_conv_2d},
    Registered{schema::BuiltinOperator_COS, convert_unary, "cos"},
    Registered{schema::BuiltinOperator_DEPTHWISE_CONV_2D, convert_depthwise_conv_2d},
    Registered{schema::BuiltinOperator_DEPTH_TO_SPACE, convert_depth_to_space},
    Registered{schema::BuiltinOperator_DEQUANTIZE, convert_dequantize},
    Registered{schema::BuiltinOperator_DIV, convert_div},
    Registered{schema::BuiltinOperator_ELU, convert_elu},
    Registered{schema::BuiltinOperator_EMBEDDING_LOOKUP, convert_embedding_lookup},
    Registered{schema::BuiltinOperator_EQUAL, convert_binary, "equal"},
    Registered{schema::BuiltinOperator_EXP, convert_unary, "exp"},
    Registered{schema::BuiltinOperator_EXPAND_DIMS, convert_reshape},
    Registered{schema::BuiltinOperator_FILL, convert_fill},
    Registered{schema::BuiltinOperator_FLOOR, convert_unary, "floor"},
    Registered{schema::BuiltinOperator_FLOOR_MOD, convert_binary, "mod"},
    Registered{schema::BuiltinOperator_FULLY_CONNECTED, convert_fully_connected},
    Registered{schema::BuiltinOperator_GATHER, convert_gather},
    Registered{schema::BuiltinOperator_GATHER_ND, convert_gather_nd},
    Registered{schema::BuiltinOperator_GELU, convert_gelu},
    Registered{schema::BuiltinOperator_GREATER, convert_binary, "greater"},
    Registered{schema::BuiltinOperator_GREATER_EQUAL, convert_binary, "greater_equal"},
    Registered{schema::BuiltinOperator_HARD_SWISH, convert_unary, "hard_swish"},
    Registered{schema::BuiltinOperator_L2_NORMALIZATION, convert_l2_normalization},
    Registered{schema::BuiltinOperator_LEAKY_RELU, convert_leaky_relu},
    Registered{schema::BuiltinOperator_LESS, convert_binary, "less"},
    Registered{schema::BuiltinOperator_LESS_EQUAL, convert_binary, "less_equal"},
    Registered{schema::BuiltinOperator_LOG, convert_unary, "log"},
    Registered{schema::BuiltinOperator_LOGICAL_AND, convert_binary, "and"},
    Registered{schema::BuiltinOperator_LOGICAL_OR, convert_binary, "or"},
    Registered{schema::BuiltinOperator_LOGISTIC, convert_logistic},
    Registered{schema::BuiltinOperator_LOG_SOFTMAX, convert_log_softmax},
    Registered{schema::BuiltinOperator_MAXIMUM, convert_binary, "max"},
    Registered{schema::BuiltinOperator_MAX_POOL_2D, convert_max_pool_2d},
    Registered{schema::BuiltinOperator_MEAN, convert_mean},
    Registered{schema::BuiltinOperator_MINIMUM, convert_binary, "min"},
    Registered{schema::BuiltinOperator_MIRROR_PAD, convert_mirror_pad},
    Registered{schema::BuiltinOperator_MUL, convert_mul},
    Registered{schema::BuiltinOperator_NEG, convert_unary, "neg"},
    Registered{schema::BuiltinOperator_NOT_EQUAL, convert_binary, "not_equal"},
    Registered{schema::BuiltinOperator_PACK, convert_pack},
    Registered{schema::BuiltinOperator_PAD, convert_pad},
    Registered{schema::BuiltinOperator_PADV2, convert_pad},
    Registered{schema::BuiltinOperator_POW, convert_binary, "pow"},
    Registered{schema::BuiltinOperator_PRELU, convert_binary, "prelu"},
    Registered{schema::BuiltinOperator_QUANTIZE, convert_quantize},
    Registered{schema::BuiltinOperator_REDUCE_MAX, convert_reduce, "max"},
    Registered{schema::BuiltinOperator_REDUCE_MIN, convert_reduce, "min"},
    Registered{schema::BuiltinOperator_REDUCE_PROD, convert_reduce, "prod"},
    Registered{schema::BuiltinOperator_RELU, convert_relu},
    Registered{schema::BuiltinOperator_RELU6, convert_relu6},
    Registered{schema::BuiltinOperator_RELU_N1_TO_1, convert_relu_n1_to_1},
    Registered{schema::BuiltinOperator_RESHAPE, convert_reshape},
    Registered{schema::BuiltinOperator_RESIZE_BILINEAR, convert_resize_bilinear},
    Registered{schema::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR, convert_resize_nearest_neighbor},
    Registered{schema::BuiltinOperator_REVERSE_V2, convert_reverse},
    Registered{schema::BuiltinOperator_ROUND, convert_unary, "round"},
    Registered{schema::BuiltinOperator_RSQRT, convert_unary, "rsqrt"},
    Registered{schema::BuiltinOperator_SELECT, convert_select},
    Registered{schema::BuiltinOperator_SELECT_V2, convert_select},
    Registered{schema::BuiltinOperator_SHAPE, convert_shape},
    Registered{schema::BuiltinOperator_SIGN, convert_unary, "sign"},
    Registered{schema::BuiltinOperator_SIN, convert_unary, "sin"},
    Registered{schema::BuiltinOperator_SLICE, convert_slice},
    Registered{schema::BuiltinOperator_SOFTMAX, convert_softmax},
    Registered{schema::BuiltinOperator_SPACE_TO_DEPTH, convert_space_to_depth},
    Registered{schema::BuiltinOperator_SPLIT, convert_split},
    Registered{schema::BuiltinOperator_SPLIT_V, convert_split_v},
    Registered{schema::BuiltinOperator_SQRT, convert_unary, "sqrt"},
    Registered{schema::BuiltinOperator_SQUARE, convert_unary, "square"},
    Registered{schema::BuiltinOperator_SQUARED_DIFFERENCE, convert_binary, "squared_difference"},
    Registered{schema::BuiltinOperator_SQUEEZE, convert_reshape},
    Registered{schema::BuiltinOperator_STRIDED_SLICE, convert_strided_slice},
    Registered{schema::BuiltinOperator_SUB, convert_sub},
    Registered{schema::BuiltinOperator_SUM, convert_reduce, "sum"},
    Registered{schema::BuiltinOperator_SVDF, convert_svdf},
    Registered{schema::BuiltinOperator_TANH, convert_tanh},
    Registered{schema::BuiltinOperator_TILE, convert_tile},
    Registered{schema::BuiltinOperator_TRANSPOSE, convert_transpose},
    Registered{schema::BuiltinOperator_TRANSPOSE_CONV, convert_transpose_conv},
    Registered{schema::BuiltinOperator_UNIDIRECTIONAL_SEQUENCE_LSTM, convert_lstm},
    Registered{schema::BuiltinOperator_UNPACK, convert_unpack},
};

} // namespace

const Registered *find_operator(schema::BuiltinOperator code) {
  const auto *found = std::find_if(kOperators.begin(), kOperators.end(),
                                   [=](const Registered &entry) { return entry.code == code; });
  return found == kOperators.end() ? nullptr : found;
}

std::vector<std::string> supported_operators() {
  std::vector<std::string> names;
  names.reserve(kOperators.size());
  for (const Registered &entry : kOperators) {
    names.emplace_back(schema::EnumNameBuiltinOperator(entry.code));
  }
  return names;
}

} // namespace tinyml::tflite
