// SPDX-License-Identifier: Apache-2.0
// ONNX TensorProto: the data lies in raw_data, or in one of the typed fields, some of which hold
// narrower types in int32.
#include "compiler/frontends/onnx/node_import.hpp"

#include <limits>

namespace tinyml::onnx {
namespace {

using schema::TensorProto;

Failure<HostError> invalid(const TensorProto &tensor, const std::string &message) {
  return fail(ErrorCode::kInvalidInput, "tensor '" + tensor.name() + "' " + message);
}

template <typename T, typename Field>
Expected<ir::ConstantData> from_field(const TensorProto &tensor, const Field &field) {
  std::vector<T> elements;
  elements.reserve(static_cast<std::size_t>(field.size()));
  for (const auto element : field) {
    if constexpr (std::is_integral_v<T>) {
      if (element < std::numeric_limits<T>::min() || element > std::numeric_limits<T>::max()) {
        return invalid(tensor, "has a number outside of its type");
      }
    }
    elements.push_back(static_cast<T>(element));
  }
  return ir::constant_data(elements);
}

Expected<ir::ConstantData> typed_data(const TensorProto &tensor, ir::ElementType element) {
  switch (element) {
  case ir::ElementType::kFloat32:
    return from_field<float>(tensor, tensor.float_data());
  case ir::ElementType::kInt64:
    return from_field<std::int64_t>(tensor, tensor.int64_data());
  case ir::ElementType::kInt32:
    return from_field<std::int32_t>(tensor, tensor.int32_data());
  case ir::ElementType::kInt16:
    return from_field<std::int16_t>(tensor, tensor.int32_data());
  case ir::ElementType::kInt8:
    return from_field<std::int8_t>(tensor, tensor.int32_data());
  default:
    return from_field<std::uint8_t>(tensor, tensor.int32_data());
  }
}

} // namespace

std::optional<ir::ElementType> element_type(std::int32_t onnx_type) {
  switch (onnx_type) {
  case TensorProto::FLOAT:
    return ir::ElementType::kFloat32;
  case TensorProto::INT8:
    return ir::ElementType::kInt8;
  case TensorProto::UINT8:
    return ir::ElementType::kUint8;
  case TensorProto::INT16:
    return ir::ElementType::kInt16;
  case TensorProto::INT32:
    return ir::ElementType::kInt32;
  case TensorProto::INT64:
    return ir::ElementType::kInt64;
  case TensorProto::BOOL:
    return ir::ElementType::kBool;
  default:
    return std::nullopt;
  }
}

std::string element_type_name(std::int32_t onnx_type) {
  return TensorProto::DataType_IsValid(onnx_type)
             ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(onnx_type))
             : std::to_string(onnx_type);
}

Expected<ir::Value> read_tensor(const TensorProto &tensor) {
  if (tensor.data_location() == TensorProto::EXTERNAL || tensor.external_data_size() > 0) {
    return fail(ErrorCode::kUnsupported,
                "tensor '" + tensor.name() +
                    "' keeps its data in another file; save the model with its data inside");
  }
  const auto element = element_type(tensor.data_type());
  if (!element) {
    return fail(ErrorCode::kUnsupported, "tensor '" + tensor.name() + "' has element type " +
                                             element_type_name(tensor.data_type()) +
                                             ", which is not supported; use float32");
  }
  ir::Value value;
  value.name = tensor.name();
  value.type = {*element, {tensor.dims().begin(), tensor.dims().end()}, {}};
  if (is_empty(value.type.shape)) {
    value.constant = ir::ConstantData{};
    return value;
  }
  const auto count = ir::checked_element_count(value.type.shape, *element);
  if (!count) {
    return invalid(tensor, count.error().message);
  }
  Expected<ir::ConstantData> data =
      tensor.has_raw_data() ? ir::ConstantData(tensor.raw_data().begin(), tensor.raw_data().end())
                            : typed_data(tensor, *element);
  if (!data) {
    return Failure{data.error()};
  }
  if (data->size() != ir::byte_size(value.type)) {
    return invalid(tensor, "has " + std::to_string(data->size()) + " bytes of data, but " +
                               ir::type_text(value.type) + " needs " +
                               std::to_string(ir::byte_size(value.type)));
  }
  value.constant = std::move(*data);
  return value;
}

} // namespace tinyml::onnx
