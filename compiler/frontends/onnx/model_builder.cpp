// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/onnx/model_builder.hpp"

namespace tinyml::onnx {

using ::onnx::AttributeProto;
using ::onnx::TensorProto;

ModelBuilder::ModelBuilder(std::int64_t opset) {
  model_.set_ir_version(7);
  model_.add_opset_import()->set_version(opset);
  model_.mutable_graph()->set_name("test");
}

ModelBuilder &ModelBuilder::input(const std::string &name, const std::vector<std::int64_t> &dims) {
  auto *input = model_.mutable_graph()->add_input();
  input->set_name(name);
  auto *type = input->mutable_type()->mutable_tensor_type();
  type->set_elem_type(TensorProto::FLOAT);
  for (const std::int64_t dim : dims) {
    type->mutable_shape()->add_dim()->set_dim_value(dim);
  }
  return *this;
}

ModelBuilder &ModelBuilder::output(const std::string &name) {
  model_.mutable_graph()->add_output()->set_name(name);
  return *this;
}

ModelBuilder &ModelBuilder::floats(const std::string &name, const std::vector<std::int64_t> &dims,
                                   const std::vector<float> &elements) {
  auto *tensor = model_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(TensorProto::FLOAT);
  tensor->mutable_dims()->Add(dims.begin(), dims.end());
  tensor->mutable_float_data()->Add(elements.begin(), elements.end());
  return *this;
}

ModelBuilder &ModelBuilder::ints(const std::string &name,
                                 const std::vector<std::int64_t> &elements) {
  auto *tensor = model_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(TensorProto::INT64);
  tensor->add_dims(static_cast<std::int64_t>(elements.size()));
  tensor->mutable_int64_data()->Add(elements.begin(), elements.end());
  return *this;
}

ModelBuilder &ModelBuilder::bytes(const std::string &name, const std::vector<std::int64_t> &dims,
                                  const std::vector<std::int8_t> &elements) {
  auto *tensor = model_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(TensorProto::INT8);
  tensor->mutable_dims()->Add(dims.begin(), dims.end());
  tensor->set_raw_data(elements.data(), elements.size());
  return *this;
}

ModelBuilder &ModelBuilder::node(const std::string &op, const std::vector<std::string> &inputs,
                                 const std::string &output_name) {
  auto *node = model_.mutable_graph()->add_node();
  node->set_op_type(op);
  node->set_name(op + "_" + output_name);
  for (const std::string &input : inputs) {
    node->add_input(input);
  }
  node->add_output(output_name);
  return *this;
}

AttributeProto &ModelBuilder::attribute(const std::string &name) {
  auto &nodes = *model_.mutable_graph()->mutable_node();
  auto *attribute = nodes[nodes.size() - 1].add_attribute();
  attribute->set_name(name);
  return *attribute;
}

ModelBuilder &ModelBuilder::with(const std::string &name, std::int64_t value) {
  AttributeProto &made = attribute(name);
  made.set_type(AttributeProto::INT);
  made.set_i(value);
  return *this;
}

ModelBuilder &ModelBuilder::with_float(const std::string &name, float value) {
  AttributeProto &made = attribute(name);
  made.set_type(AttributeProto::FLOAT);
  made.set_f(value);
  return *this;
}

ModelBuilder &ModelBuilder::with_text(const std::string &name, const std::string &value) {
  AttributeProto &made = attribute(name);
  made.set_type(AttributeProto::STRING);
  made.set_s(value);
  return *this;
}

ModelBuilder &ModelBuilder::with_list(const std::string &name,
                                      const std::vector<std::int64_t> &values) {
  AttributeProto &made = attribute(name);
  made.set_type(AttributeProto::INTS);
  made.mutable_ints()->Add(values.begin(), values.end());
  return *this;
}

std::vector<std::uint8_t> ModelBuilder::build() const {
  const std::string bytes = model_.SerializeAsString();
  return {bytes.begin(), bytes.end()};
}

} // namespace tinyml::onnx
