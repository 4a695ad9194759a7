// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/tflite/model_builder.hpp"

namespace tinyml::tflite {

ModelBuilder::ModelBuilder() {
  model_.version = 3;
  model_.buffers.push_back(std::make_unique<schema::BufferT>());
  model_.subgraphs.push_back(std::make_unique<schema::SubGraphT>());
  main().name = "main";
}

int ModelBuilder::tensor(schema::TensorType type, Shape shape, Scales scales) {
  auto tensor = std::make_unique<schema::TensorT>();
  tensor->type = type;
  tensor->shape = std::move(shape);
  tensor->name = "t" + std::to_string(main().tensors.size());
  if (!scales.scales.empty()) {
    tensor->quantization = std::make_unique<schema::QuantizationParametersT>();
    tensor->quantization->scale = std::move(scales.scales);
    tensor->quantization->zero_point = std::move(scales.zeros);
    tensor->quantization->quantized_dimension = scales.axis;
  }
  main().tensors.push_back(std::move(tensor));
  return static_cast<int>(main().tensors.size()) - 1;
}

int ModelBuilder::input(schema::TensorType type, Shape shape, Scales scales) {
  const int index = tensor(type, std::move(shape), std::move(scales));
  main().inputs.push_back(index);
  return index;
}

int ModelBuilder::constant_bytes(schema::TensorType type, Shape shape,
                                 std::vector<std::uint8_t> bytes, Scales scales) {
  const int index = tensor(type, std::move(shape), std::move(scales));
  auto buffer = std::make_unique<schema::BufferT>();
  buffer->data = std::move(bytes);
  model_.buffers.push_back(std::move(buffer));
  at(index).buffer = static_cast<std::uint32_t>(model_.buffers.size()) - 1;
  return index;
}

int ModelBuilder::output(int tensor) {
  main().outputs.push_back(tensor);
  return tensor;
}

ModelBuilder &ModelBuilder::node(schema::BuiltinOperator code, std::vector<int> inputs,
                                 std::vector<int> outputs) {
  auto entry = std::make_unique<schema::OperatorCodeT>();
  entry->code = code;
  model_.operator_codes.push_back(std::move(entry));
  auto node = std::make_unique<schema::OperatorT>();
  node->opcode_index = static_cast<std::uint32_t>(model_.operator_codes.size()) - 1;
  node->inputs = std::move(inputs);
  node->outputs = std::move(outputs);
  main().operators.push_back(std::move(node));
  return *this;
}

std::vector<std::uint8_t> ModelBuilder::build() const {
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishModelBuffer(builder, schema::Model::Pack(builder, &model_));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

} // namespace tinyml::tflite
