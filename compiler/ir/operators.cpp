// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/operators.hpp"

#include <array>

namespace tinyml::ir {
namespace {

using enum AttributeKind;
using enum OperatorFamily;

constexpr std::array kConvAttributes = {
    AttributeInfo{"strides", kInts},   AttributeInfo{"pads", kInts},
    AttributeInfo{"dilations", kInts}, AttributeInfo{"groups", kInt},
    AttributeInfo{"layout", kText},    AttributeInfo{"activation", kText},
};
constexpr std::array kDepthwiseAttributes = {
    AttributeInfo{"strides", kInts},    AttributeInfo{"pads", kInts},
    AttributeInfo{"dilations", kInts},  AttributeInfo{"layout", kText},
    AttributeInfo{"activation", kText},
};
constexpr std::array kPoolAttributes = {
    AttributeInfo{"kernel", kInts, true},
    AttributeInfo{"strides", kInts},
    AttributeInfo{"pads", kInts},
    AttributeInfo{"layout", kText},
};
constexpr std::array kActivationOnly = {AttributeInfo{"activation", kText}};
constexpr std::array kFullyConnectedAttributes = {AttributeInfo{"activation", kText},
                                                  AttributeInfo{"layout", kText}};
constexpr std::array kMeanAttributes = {AttributeInfo{"axes", kInts, true},
                                        AttributeInfo{"keep_dims", kInt}};
constexpr std::array kClipAttributes = {AttributeInfo{"min", kDouble},
                                        AttributeInfo{"max", kDouble}};
constexpr std::array kSoftmaxAttributes = {AttributeInfo{"axis", kInt, true},
                                           AttributeInfo{"beta", kDouble}};
constexpr std::array kBatchNormAttributes = {AttributeInfo{"axis", kInt},
                                             AttributeInfo{"epsilon", kDouble}};
constexpr std::array kPadAttributes = {AttributeInfo{"pads", kInts, true},
                                       AttributeInfo{"value", kDouble}};
constexpr std::array kTransposeAttributes = {AttributeInfo{"permutation", kInts, true}};
constexpr std::array kConcatAttributes = {AttributeInfo{"axis", kInt, true}};

constexpr std::array kSvdfAttributes = {
    AttributeInfo{"rank", kInt, true},
    AttributeInfo{"activation", kText},
    AttributeInfo{"state_scale", kDouble},
    AttributeInfo{"state_zero_point", kInt},
};
constexpr std::array kLstmAttributes = {
    AttributeInfo{"time_major", kInt},
    AttributeInfo{"cell_scale", kDouble},
    AttributeInfo{"cell_clip", kDouble},
};
constexpr std::array kUnaryAttributes = {AttributeInfo{"function", kText, true},
                                         AttributeInfo{"alpha", kDouble},
                                         AttributeInfo{"beta", kDouble}};
constexpr std::array kBinaryAttributes = {AttributeInfo{"function", kText, true}};
constexpr std::array kCastAttributes = {AttributeInfo{"to", kText, true}};
constexpr std::array kReduceAttributes = {AttributeInfo{"function", kText, true},
                                          AttributeInfo{"axes", kInts, true},
                                          AttributeInfo{"keep_dims", kInt}};
constexpr std::array kArgReduceAttributes = {
    AttributeInfo{"function", kText, true},
    AttributeInfo{"axis", kInt, true},
    AttributeInfo{"keep_dims", kInt},
    AttributeInfo{"last", kInt},
    AttributeInfo{"to", kText},
};
constexpr std::array kSliceAttributes = {AttributeInfo{"begins", kInts, true},
                                         AttributeInfo{"sizes", kInts, true},
                                         AttributeInfo{"steps", kInts}};
constexpr std::array kGatherAttributes = {AttributeInfo{"axis", kInt}};
constexpr std::array kGatherNdAttributes = {AttributeInfo{"batch_dims", kInt}};
constexpr std::array kScatterElementsAttributes = {AttributeInfo{"axis", kInt},
                                                   AttributeInfo{"reduction", kText}};
constexpr std::array kScatterNdAttributes = {AttributeInfo{"reduction", kText}};
constexpr std::array kTileAttributes = {AttributeInfo{"repeats", kInts, true}};
constexpr std::array kResizeAttributes = {
    AttributeInfo{"axes", kInts, true},      AttributeInfo{"sizes", kInts, true},
    AttributeInfo{"scales", kDoubles},       AttributeInfo{"mode", kText},
    AttributeInfo{"coordinates", kText},     AttributeInfo{"rounding", kText},
    AttributeInfo{"cubic_a", kDouble},       AttributeInfo{"exclude_outside", kInt},
    AttributeInfo{"extrapolation", kDouble}, AttributeInfo{"crop", kDoubles},
};
constexpr std::array kTransposeConvAttributes = {
    AttributeInfo{"strides", kInts},        AttributeInfo{"pads", kInts},
    AttributeInfo{"dilations", kInts},      AttributeInfo{"groups", kInt},
    AttributeInfo{"output_padding", kInts}, AttributeInfo{"layout", kText},
    AttributeInfo{"activation", kText},
};

constexpr std::array kConvInputGradientAttributes = {
    AttributeInfo{"strides", kInts},     AttributeInfo{"pads", kInts},
    AttributeInfo{"dilations", kInts},   AttributeInfo{"groups", kInt},
    AttributeInfo{"sizes", kInts, true}, AttributeInfo{"layout", kText},
};
constexpr std::array kConvFilterGradientAttributes = {
    AttributeInfo{"strides", kInts},      AttributeInfo{"pads", kInts},
    AttributeInfo{"dilations", kInts},    AttributeInfo{"groups", kInt},
    AttributeInfo{"kernel", kInts, true}, AttributeInfo{"layout", kText},
};
constexpr std::array kAverageGradientAttributes = {
    AttributeInfo{"kernel", kInts, true}, AttributeInfo{"strides", kInts},
    AttributeInfo{"pads", kInts},         AttributeInfo{"layout", kText},
    AttributeInfo{"sizes", kInts, true},
};
constexpr std::array kLayoutOnly = {AttributeInfo{"layout", kText}};
constexpr std::array kMomentumAttributes = {AttributeInfo{"momentum", kDouble}};
constexpr std::array kAdamAttributes = {AttributeInfo{"beta1", kDouble},
                                        AttributeInfo{"beta2", kDouble},
                                        AttributeInfo{"epsilon", kDouble}};

constexpr std::array kOperators = {
    OperatorInfo{Op::kConv2d, kConvolution, "conv2d", 2, 3, kConvAttributes},
    OperatorInfo{Op::kDepthwiseConv2d, kConvolution, "depthwise_conv2d", 2, 3,
                 kDepthwiseAttributes},
    OperatorInfo{Op::kFullyConnected, kFullyConnected, "fully_connected", 2, 3,
                 kFullyConnectedAttributes},
    OperatorInfo{Op::kMatMul, kMatMul, "matmul", 2, 2, {}},
    OperatorInfo{Op::kMaxPool2d, kPool, "max_pool2d", 1, 1, kPoolAttributes, true},
    OperatorInfo{Op::kAveragePool2d, kPool, "average_pool2d", 1, 1, kPoolAttributes, true},
    OperatorInfo{Op::kMean, kMean, "mean", 1, 1, kMeanAttributes},
    OperatorInfo{Op::kAdd, kArithmetic, "add", 2, 2, kActivationOnly},
    OperatorInfo{Op::kSub, kArithmetic, "sub", 2, 2, kActivationOnly},
    OperatorInfo{Op::kMul, kArithmetic, "mul", 2, 2, kActivationOnly},
    OperatorInfo{Op::kDiv, kArithmetic, "div", 2, 2, {}},
    OperatorInfo{Op::kRelu, kActivation, "relu", 1, 1, {}, true},
    OperatorInfo{Op::kClip, kActivation, "clip", 1, 1, kClipAttributes, true},
    OperatorInfo{Op::kSigmoid, kActivation, "sigmoid", 1, 1, {}},
    OperatorInfo{Op::kTanh, kActivation, "tanh", 1, 1, {}},
    OperatorInfo{Op::kSoftmax, kSoftmax, "softmax", 1, 1, kSoftmaxAttributes},
    OperatorInfo{Op::kBatchNorm, kBatchNorm, "batch_norm", 5, 5, kBatchNormAttributes},
    OperatorInfo{Op::kPad, kMovement, "pad", 1, 1, kPadAttributes, true},
    OperatorInfo{Op::kReshape, kMovement, "reshape", 1, 1, {}, true},
    OperatorInfo{Op::kTranspose, kMovement, "transpose", 1, 1, kTransposeAttributes, true},
    OperatorInfo{Op::kConcat, kMovement, "concat", 1, kManyInputs, kConcatAttributes, true},
    OperatorInfo{Op::kQuantize, kConversion, "quantize", 1, 1, {}},
    OperatorInfo{Op::kDequantize, kConversion, "dequantize", 1, 1, {}},
    OperatorInfo{Op::kRequantize, kConversion, "requantize", 1, 1, {}},
    OperatorInfo{Op::kLookup, kLookup, "lookup", 2, 2, {}},
    OperatorInfo{Op::kSvdf, kRecurrent, "svdf", 3, 4, kSvdfAttributes},
    OperatorInfo{Op::kLstm, kRecurrent, "lstm", 13, 13, kLstmAttributes},
    OperatorInfo{Op::kUnary, kFunction, "unary", 1, 1, kUnaryAttributes},
    OperatorInfo{Op::kBinary, kFunction, "binary", 2, 2, kBinaryAttributes},
    OperatorInfo{Op::kSelect, kFunction, "select", 3, 3, {}},
    OperatorInfo{Op::kCast, kFunction, "cast", 1, 1, kCastAttributes},
    OperatorInfo{Op::kReduce, kReduce, "reduce", 1, 1, kReduceAttributes},
    OperatorInfo{Op::kArgReduce, kArgReduce, "arg_reduce", 1, 1, kArgReduceAttributes},
    OperatorInfo{Op::kSlice, kIndexing, "slice", 1, 1, kSliceAttributes, true},
    OperatorInfo{Op::kGather, kIndexing, "gather", 2, 2, kGatherAttributes, true},
    OperatorInfo{Op::kGatherElements, kIndexing, "gather_elements", 2, 2, kGatherAttributes, true},
    OperatorInfo{Op::kGatherNd, kIndexing, "gather_nd", 2, 2, kGatherNdAttributes, true},
    OperatorInfo{Op::kScatterElements, kIndexing, "scatter_elements", 3, 3,
                 kScatterElementsAttributes},
    OperatorInfo{Op::kScatterNd, kIndexing, "scatter_nd", 3, 3, kScatterNdAttributes},
    OperatorInfo{Op::kTile, kIndexing, "tile", 1, 1, kTileAttributes, true},
    OperatorInfo{Op::kResize, kResize, "resize", 1, 1, kResizeAttributes},
    OperatorInfo{Op::kTransposeConv2d, kTransposeConvolution, "transpose_conv2d", 2, 3,
                 kTransposeConvAttributes},
    OperatorInfo{Op::kConv2dInputGradient, kConvolutionGradient, "conv2d_input_gradient", 2, 2,
                 kConvInputGradientAttributes},
    OperatorInfo{Op::kConv2dFilterGradient, kConvolutionGradient, "conv2d_filter_gradient", 2, 2,
                 kConvFilterGradientAttributes},
    OperatorInfo{Op::kDepthwiseConv2dInputGradient, kConvolutionGradient,
                 "depthwise_conv2d_input_gradient", 2, 2, kConvInputGradientAttributes},
    OperatorInfo{Op::kDepthwiseConv2dFilterGradient, kConvolutionGradient,
                 "depthwise_conv2d_filter_gradient", 2, 2, kConvFilterGradientAttributes},
    OperatorInfo{Op::kFullyConnectedInputGradient, kProductGradient,
                 "fully_connected_input_gradient", 2, 2, kLayoutOnly},
    OperatorInfo{Op::kFullyConnectedFilterGradient, kProductGradient,
                 "fully_connected_filter_gradient", 2, 2, kLayoutOnly},
    OperatorInfo{Op::kMaxPool2dGradient, kPoolGradient, "max_pool2d_gradient", 3, 3,
                 kPoolAttributes},
    OperatorInfo{Op::kAveragePool2dGradient, kPoolGradient, "average_pool2d_gradient", 1, 1,
                 kAverageGradientAttributes},
    OperatorInfo{Op::kSoftmaxCrossEntropy, kLoss, "softmax_cross_entropy", 2, 2, kLayoutOnly},
    OperatorInfo{Op::kSoftmaxCrossEntropyGradient, kLoss, "softmax_cross_entropy_gradient", 2, 2,
                 kLayoutOnly},
    OperatorInfo{Op::kSgd, kUpdate, "sgd", 3, 3, {}},
    OperatorInfo{Op::kMomentum, kUpdate, "momentum", 4, 4, kMomentumAttributes},
    OperatorInfo{Op::kAdam, kUpdate, "adam", 5, 5, kAdamAttributes},
    OperatorInfo{Op::kConv2dFilterSgd, kFusedTraining, "conv2d_filter_sgd", 4, 4,
                 kConvFilterGradientAttributes},
    OperatorInfo{Op::kDepthwiseConv2dFilterSgd, kFusedTraining, "depthwise_conv2d_filter_sgd", 4, 4,
                 kConvFilterGradientAttributes},
    OperatorInfo{Op::kFullyConnectedFilterSgd, kFusedTraining, "fully_connected_filter_sgd", 4, 4,
                 kLayoutOnly},
    OperatorInfo{Op::kConv2dMaxPool, kFusedTraining, "conv2d_max_pool", 2, 3, kConvAttributes,
                 false, 2},
    OperatorInfo{Op::kPooledConv2dInputGradient, kFusedTraining, "pooled_conv2d_input_gradient", 3,
                 3, kConvInputGradientAttributes},
    OperatorInfo{Op::kPooledConv2dFilterGradient, kFusedTraining, "pooled_conv2d_filter_gradient",
                 3, 3, kConvFilterGradientAttributes},
    OperatorInfo{Op::kPooledConv2dFilterSgd, kFusedTraining, "pooled_conv2d_filter_sgd", 5, 5,
                 kConvFilterGradientAttributes},
};

} // namespace

std::span<const OperatorInfo> operators() { return kOperators; }

const OperatorInfo &operator_info(Op op) {
  // The table has the order of the enum; operators_are_in_enum_order (ir_test.cpp) holds it to
  // that.
  return kOperators[static_cast<std::size_t>(op)];
}

std::optional<Op> parse_op_name(std::string_view name) {
  for (const OperatorInfo &entry : kOperators) {
    if (entry.name == name) {
      return entry.op;
    }
  }
  return std::nullopt;
}

} // namespace tinyml::ir
