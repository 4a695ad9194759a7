// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/attributes.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::ir {
namespace {

template <typename T>
T attribute_or(const Node &node, const std::string &name, const T &otherwise) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) {
    return otherwise;
  }
  const T *value = std::get_if<T>(&found->second);
  return value != nullptr ? *value : otherwise;
}

std::vector<std::int64_t> sized(std::vector<std::int64_t> list, std::size_t count,
                                std::int64_t fill) {
  list.resize(count, fill);
  return list;
}

std::int32_t quantized_bound(double real, const Quantization &output) {
  if (std::isinf(real)) {
    return real < 0 ? -1'000'000 : 1'000'000; // cut to the element's own limits by the caller
  }
  // Single precision and std::round, as the reference kernels compute their activation ranges.
  const float scaled = std::round(static_cast<float>(real) / output.scales.at(0));
  const float limited = std::clamp(scaled, -1e6F, 1e6F);
  return output.zero_points.at(0) + static_cast<std::int32_t>(limited);
}

Range limits_of(ElementType element) {
  return element == ElementType::kInt16 ? Range{-32768, 32767} : Range{-128, 127};
}

} // namespace

std::int64_t int_attribute(const Node &node, const std::string &name, std::int64_t otherwise) {
  return attribute_or<std::int64_t>(node, name, otherwise);
}

double double_attribute(const Node &node, const std::string &name, double otherwise) {
  return attribute_or<double>(node, name, otherwise);
}

std::string text_attribute(const Node &node, const std::string &name,
                           const std::string &otherwise) {
  return attribute_or<std::string>(node, name, otherwise);
}

std::vector<std::int64_t> ints_attribute(const Node &node, const std::string &name,
                                         const std::vector<std::int64_t> &otherwise) {
  return attribute_or<std::vector<std::int64_t>>(node, name, otherwise);
}

Layout layout_of(const Node &node) {
  const std::string name = text_attribute(node, "layout", "NHWC");
  return name == "NCHW" ? Layout::kNchw : name == "HWCN" ? Layout::kHwcn : Layout::kNhwc;
}

Activation activation_of(const Node &node) {
  const std::string name = text_attribute(node, "activation", "none");
  if (name == "relu") {
    return Activation::kRelu;
  }
  return name == "relu6" ? Activation::kRelu6 : Activation::kNone;
}

void set_activation(Node &node, Activation activation) {
  if (activation == Activation::kNone) {
    node.attributes.erase("activation");
    return;
  }
  node.attributes["activation"] = std::string(activation == Activation::kRelu ? "relu" : "relu6");
}

Window window_of(const Node &node, const Shape &filter) {
  const auto strides = sized(ints_attribute(node, "strides", {}), 2, 1);
  const auto dilations = sized(ints_attribute(node, "dilations", {}), 2, 1);
  const auto pads = sized(ints_attribute(node, "pads", {}), 4, 0);
  std::vector<std::int64_t> kernel = sized(ints_attribute(node, "kernel", {}), 2, 1);
  if (node.op == Op::kConv2d || node.op == Op::kDepthwiseConv2d ||
      node.op == Op::kTransposeConv2d || node.op == Op::kConv2dInputGradient ||
      node.op == Op::kDepthwiseConv2dInputGradient || node.op == Op::kConv2dMaxPool ||
      node.op == Op::kPooledConv2dInputGradient) {
    // OIHW has its H and W where NCHW has them; all other filters are like NHWC.
    const ImageAxes axes =
        image_axes(layout_of(node) == Layout::kNchw ? Layout::kNchw : Layout::kNhwc);
    kernel = filter.size() == 4 ? Shape{filter[axes.h], filter[axes.w]} : Shape{1, 1};
  }
  return {kernel[0],    kernel[1], strides[0], strides[1], dilations[0],
          dilations[1], pads[0],   pads[1],    pads[2],    pads[3]};
}

Range clamp_range(double low, double high, const TensorType &output) {
  const Range limits = limits_of(output.element);
  return {std::clamp(quantized_bound(low, *output.quantization), limits.low, limits.high),
          std::clamp(quantized_bound(high, *output.quantization), limits.low, limits.high)};
}

Range clamp_range(double low, double high, const Quantization &output) {
  return clamp_range(low, high, TensorType{ElementType::kInt8, {}, output});
}

Range activation_range(Activation activation, const Quantization &output) {
  return activation_range(activation, TensorType{ElementType::kInt8, {}, output});
}

Range activation_range(Activation activation, const TensorType &output) {
  switch (activation) {
  case Activation::kRelu:
    return clamp_range(0, kInfinity, output);
  case Activation::kRelu6:
    return clamp_range(0, 6, output);
  case Activation::kNone:
    break;
  }
  return limits_of(output.element);
}

} // namespace tinyml::ir
