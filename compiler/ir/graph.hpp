// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/module_abi.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The compiler's graph: values (tensors) and nodes (operators) in topological order. Names are
/// only for people; everything refers by index. See docs/ir.md for the printed form.
namespace tinyml::ir {

using ElementType = module::ElementType;
using ValueId = std::uint32_t;
using NodeId = std::uint32_t;

/// Static shapes only: a frontend resolves or refuses everything else.
using Shape = std::vector<std::int64_t>;

/// real = scale[c] * (q - zero_point[c]); one entry, or one per index of `axis`.
struct Quantization {
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  int axis = -1; ///< -1: per tensor

  bool operator==(const Quantization &) const = default;
};

struct TensorType {
  ElementType element = ElementType::kFloat32;
  Shape shape;
  std::optional<Quantization> quantization;

  bool operator==(const TensorType &) const = default;
};

/// Little-endian raw elements, row-major; present on constants only.
using ConstantData = std::vector<std::uint8_t>;

struct Value {
  std::string name;
  TensorType type;
  std::optional<ConstantData> constant;
  /// A constant that update nodes may write: memory that outlives a run, with `constant` as its
  /// content at the start (docs/ir.md, "Variables").
  bool variable = false;
};

/// Operators of the IR. Frontends lower to these; data layout is NHWC for images, filters are
/// OHWI (depthwise: 1HWO), after the layout pass. Semantics: docs/ir.md.
enum class Op : std::uint8_t {
  kConv2d,          ///< x, filter[, bias]; strides, pads, dilations, groups, layout, activation
  kDepthwiseConv2d, ///< x, filter[, bias]; multiplier by shape
  kFullyConnected,  ///< x[.., K], weights[N, K][, bias[N]]; activation
  kMatMul,          ///< a, b
  kMaxPool2d,
  kAveragePool2d, ///< count_include_pad
  kMean,          ///< axes, keep_dims
  kAdd,
  kSub,
  kMul,
  kDiv,
  kRelu,
  kClip, ///< min, max
  kSigmoid,
  kTanh,
  kSoftmax, ///< axis, beta
  kBatchNorm,
  kPad, ///< pads, value, mode
  kReshape,
  kTranspose, ///< permutation
  kConcat,    ///< axis
  kQuantize,
  kDequantize,
  kRequantize,
  kLookup, ///< x, table of 256 int8
  kSvdf,   ///< x, feature weights, time weights[, bias]; rank, activation, state_scale, ...
  kLstm,   ///< x, 4 input weights, 4 recurrent weights, 4 biases; time_major, cell_scale, cell_clip
  kUnary,  ///< function, alpha, beta; compiler/ir/functions.hpp
  kBinary, ///< function
  kSelect, ///< condition, a, b
  kCast,   ///< to
  kReduce, ///< function, axes, keep_dims
  kArgReduce,                     ///< function, axis, keep_dims, last, to
  kSlice,                         ///< begins, sizes, steps
  kGather,                        ///< x, indices; axis
  kGatherElements,                ///< x, indices; axis
  kGatherNd,                      ///< x, indices; batch_dims
  kScatterElements,               ///< x, indices, updates; axis, reduction
  kScatterNd,                     ///< x, indices, updates; reduction
  kTile,                          ///< repeats
  kResize,                        ///< sizes, axes, scales, mode, coordinates, rounding, ...
  kTransposeConv2d,               ///< x, filter[, bias]; as kConv2d, and output_padding
  kConv2dInputGradient,           ///< dy, filter; as kConv2d, and sizes
  kConv2dFilterGradient,          ///< x, dy; as kConv2d, and kernel
  kDepthwiseConv2dInputGradient,  ///< dy, filter; as kDepthwiseConv2d, and sizes
  kDepthwiseConv2dFilterGradient, ///< x, dy; as kDepthwiseConv2d, and kernel
  kFullyConnectedInputGradient,   ///< dy, weights
  kFullyConnectedFilterGradient,  ///< x, dy
  kMaxPool2dGradient,             ///< x, y, dy; as kMaxPool2d
  kAveragePool2dGradient,         ///< dy; as kAveragePool2d, and sizes
  kSoftmaxCrossEntropy,           ///< logits, labels
  kSoftmaxCrossEntropyGradient,   ///< logits, labels
  kSgd,                           ///< variable, gradient, rate
  kMomentum,                      ///< variable, velocity, gradient, rate; momentum
  kAdam,                          ///< variable, mean, square, gradient, rate; beta1, beta2, epsilon
  kConv2dFilterSgd,               ///< variable, x, dy, rate; as kConv2dFilterGradient
  kDepthwiseConv2dFilterSgd,      ///< variable, x, dy, rate; as kDepthwiseConv2dFilterGradient
  kFullyConnectedFilterSgd,       ///< variable, x, dy, rate
  kConv2dMaxPool,                 ///< x, filter[, bias]; as kConv2d; two outputs
  kPooledConv2dInputGradient,     ///< dpooled, choices, filter; as kConv2dInputGradient
  kPooledConv2dFilterGradient,    ///< x, dpooled, choices; as kConv2dFilterGradient
  kPooledConv2dFilterSgd,         ///< variable, x, dpooled, choices, rate; the same
};

/// Attribute values. Which names an operator has is documented with the operator in docs/ir.md.
using Attribute =
    std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>>;

struct Node {
  Op op;
  std::string name; ///< of the source model, for messages
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::map<std::string, Attribute> attributes;
};

struct Graph {
  std::string name;
  std::vector<Value> values;
  std::vector<Node> nodes; ///< topological order
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
};

} // namespace tinyml::ir
