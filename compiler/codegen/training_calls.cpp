// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/training_calls.hpp"

#include "compiler/ir/types.hpp"

namespace tinyml::codegen {
namespace {

std::string activation_text(const ir::Node &node) {
  const std::string type = "tinyml::kernels::generic::training::Activation::";
  switch (ir::activation_of(node)) {
  case ir::Activation::kRelu:
    return type + "kRelu";
  case ir::Activation::kRelu6:
    return type + "kRelu6";
  case ir::Activation::kNone:
    break;
  }
  return type + "kNone";
}

} // namespace

Layer training_layer(const TrainingKernel &kernel, Fields parameters,
                     std::vector<std::string> arguments) {
  Layer layer;
  layer.header = "training/" + kernel.header + ".hpp";
  Call call{"training::" + kernel.function, "training::" + kernel.type, std::move(parameters),
            std::move(arguments)};
  call.always_folds = true;
  layer.calls.push_back(std::move(call));
  return layer;
}

Layer with_weights(Layer layer, Layer &from) {
  layer.weights = std::move(from.weights);
  return layer;
}

void add_window(Fields &fields, const ir::Window &window) {
  fields.add("kernel_height", window.kernel_h)
      .add("kernel_width", window.kernel_w)
      .add("stride_height", window.stride_h)
      .add("stride_width", window.stride_w)
      .add("pad_top", window.pad_top)
      .add("pad_left", window.pad_left);
}

Fields fields_of(const ir::Node &node, const TrainedConvolution &c) {
  Fields fields;
  fields.add("batch", c.x[3])
      .add("input_height", c.x[0])
      .add("input_width", c.x[1])
      .add("input_channels", c.x[2])
      .add("output_height", c.y[0])
      .add("output_width", c.y[1])
      .add("output_channels", c.y[2]);
  add_window(fields, c.window);
  fields.add("dilation_height", c.window.dilation_h)
      .add("dilation_width", c.window.dilation_w)
      .add("groups", ir::int_attribute(node, "groups", 1))
      .add("depthwise", c.depthwise ? "true" : "false")
      .add("activation", activation_text(node));
  return fields;
}

std::uint64_t macs_of(const TrainedConvolution &c) {
  return static_cast<std::uint64_t>(ir::element_count(c.y) * c.window.kernel_h * c.window.kernel_w *
                                    c.depth);
}

Fields dense_fields(const ir::Node &node, const ir::Shape &weights, std::int64_t batch) {
  return Fields()
      .add("batch", batch)
      .add("inputs", weights[1])
      .add("outputs", weights[0])
      .add("activation", activation_text(node));
}

std::string optional_bias(const LayerContext &c, Layer &layer) {
  return c.node.inputs.size() > 2 ? c.input_text(2, layer) : "nullptr";
}

} // namespace tinyml::codegen
