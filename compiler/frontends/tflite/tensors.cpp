// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/tflite/tensors.hpp"

#include "compiler/ir/types.hpp"

#include <bit>
#include <cstring>
#include <limits>

namespace tinyml::tflite {
namespace {

constexpr std::size_t kMaxNameBytes = 200;

std::optional<ir::ElementType> element_type(schema::TensorType type) {
  switch (type) {
  case schema::TensorType_FLOAT16:
  case schema::TensorType_FLOAT32:
    return ir::ElementType::kFloat32;
  case schema::TensorType_INT8:
    return ir::ElementType::kInt8;
  case schema::TensorType_UINT8:
    return ir::ElementType::kUint8;
  case schema::TensorType_INT16:
    return ir::ElementType::kInt16;
  case schema::TensorType_INT32:
    return ir::ElementType::kInt32;
  case schema::TensorType_INT64:
    return ir::ElementType::kInt64;
  case schema::TensorType_BOOL:
    return ir::ElementType::kBool;
  default:
    return std::nullopt;
  }
}

std::string type_name(schema::TensorType type) {
  const std::string name = schema::EnumNameTensorType(type);
  return name.empty() ? std::to_string(static_cast<int>(type)) : name;
}

/// An IEEE half as float32; exact.
float widened(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000U} << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1FU;
  const std::uint32_t fraction = half & 0x3FFU;
  if (exponent == 0) {
    const float small = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -small : small;
  }
  const std::uint32_t bias = exponent == 0x1F ? 0xFFU - 0x1FU : 127U - 15U;
  return std::bit_cast<float>(sign | ((exponent + bias) << 23) | (fraction << 13));
}

ir::ConstantData widened_halves(const flatbuffers::Vector<std::uint8_t> &data) {
  std::vector<float> floats;
  floats.reserve(data.size() / 2);
  for (flatbuffers::uoffset_t i = 0; i + 1 < data.size(); i += 2) {
    floats.push_back(widened(static_cast<std::uint16_t>(data[i] | (data[i + 1] << 8))));
  }
  return ir::constant_data(floats);
}

/// The verifier lets 64-bit numbers lie at addresses that are multiples of four only.
std::int64_t number_at(const flatbuffers::Vector<std::int64_t> &list, std::size_t index) {
  std::int64_t number = 0;
  std::memcpy(&number, list.Data() + index * sizeof(number), sizeof(number));
  return flatbuffers::EndianScalar(number);
}

} // namespace

Tensors::Tensors(const schema::Model &model)
    : model_(model), graph_(*model.subgraphs()->Get(0)),
      count_(graph_.tensors() != nullptr ? graph_.tensors()->size() : 0) {}

const schema::Tensor &Tensors::operator[](std::size_t index) const {
  return *graph_.tensors()->Get(static_cast<flatbuffers::uoffset_t>(index));
}

std::string Tensors::name(std::size_t index) const {
  const auto *name = (*this)[index].name();
  const std::string_view text = name == nullptr ? std::string_view() : name->string_view();
  const std::string_view first = text.substr(0, text.find(';')); // the names of fused operators
  return first.empty() ? "t" + std::to_string(index) : std::string(first.substr(0, kMaxNameBytes));
}

std::string Tensors::label(std::size_t index) const {
  return "tensor " + std::to_string(index) + " '" + name(index) + "'";
}

const schema::Buffer *Tensors::buffer(std::size_t index) const {
  const auto *buffers = model_.buffers();
  const std::uint32_t at = (*this)[index].buffer();
  return buffers != nullptr && at < buffers->size() ? buffers->Get(at) : nullptr;
}

bool Tensors::is_constant(std::size_t index) const {
  const schema::Buffer *data = buffer(index);
  return (data != nullptr &&
          ((data->data() != nullptr && data->data()->size() > 0) || data->offset() > 1)) ||
         (*this)[index].external_buffer() != 0;
}

bool Tensors::is_open(std::size_t index) const {
  const auto *signature = (*this)[index].shape_signature();
  for (flatbuffers::uoffset_t i = 0; signature != nullptr && i < signature->size(); ++i) {
    if (signature->Get(i) < 0) {
      return true;
    }
  }
  return false;
}

Expected<ir::Quantization> Tensors::quantization(std::size_t index, const ir::Shape &shape) const {
  const schema::QuantizationParameters &given = *(*this)[index].quantization();
  ir::Quantization q;
  const std::size_t count = given.scale()->size();
  if (count > 1) {
    q.axis = given.quantized_dimension();
    if (q.axis < 0 || q.axis >= static_cast<int>(shape.size()) ||
        shape[static_cast<std::size_t>(q.axis)] != static_cast<std::int64_t>(count)) {
      return fail(ErrorCode::kInvalidInput,
                  label(index) + " has " + std::to_string(count) + " scales along dimension " +
                      std::to_string(q.axis) + " of " + ir::shape_text(shape));
    }
  }
  q.scales.assign(given.scale()->begin(), given.scale()->end());
  q.zero_points.assign(count, 0);
  const auto *zeros = given.zero_point();
  if (zeros != nullptr && zeros->size() != 0 && zeros->size() != count) {
    return fail(ErrorCode::kInvalidInput, label(index) + " has " + std::to_string(count) +
                                              " scales but " + std::to_string(zeros->size()) +
                                              " zero points");
  }
  for (flatbuffers::uoffset_t i = 0; zeros != nullptr && i < zeros->size(); ++i) {
    const std::int64_t zero = number_at(*zeros, i);
    if (zero < std::numeric_limits<std::int32_t>::min() ||
        zero > std::numeric_limits<std::int32_t>::max()) {
      return fail(ErrorCode::kInvalidInput, label(index) + " has zero point " +
                                                std::to_string(zero) + ", outside of its type");
    }
    q.zero_points[i] = static_cast<std::int32_t>(zero);
  }
  return q;
}

Expected<ir::TensorType> Tensors::type(std::size_t index) const {
  const schema::Tensor &tensor = (*this)[index];
  const auto element = element_type(tensor.type());
  if (!element) {
    return fail(ErrorCode::kUnsupported, label(index) + " has element type " +
                                             type_name(tensor.type()) + ", which is not supported");
  }
  ir::TensorType type{*element, {}, {}};
  if (tensor.shape() != nullptr && tensor.shape()->size() <= ir::kMaxRank) {
    type.shape.assign(tensor.shape()->begin(), tensor.shape()->end());
  } else if (tensor.shape() != nullptr) {
    return fail(ErrorCode::kUnsupported,
                label(index) + " has " + std::to_string(tensor.shape()->size()) +
                    " dimensions; at most " + std::to_string(ir::kMaxRank) + " are supported");
  }
  if (const auto counted = ir::checked_element_count(type.shape, *element); !counted) {
    return fail(counted.error().code, label(index) + ": " + counted.error().message);
  }
  const schema::QuantizationParameters *given = tensor.quantization();
  if (given != nullptr && given->details_type() != 0) {
    return fail(ErrorCode::kUnsupported,
                label(index) + " has a quantisation that is not supported");
  }
  if (*element != ir::ElementType::kFloat32 && given != nullptr && given->scale() != nullptr &&
      given->scale()->size() > 0) {
    auto q = quantization(index, type.shape);
    if (!q) {
      return Failure{q.error()};
    }
    type.quantization = std::move(*q);
  }
  return type;
}

Expected<ir::Value> Tensors::constant(std::size_t index) {
  const schema::Tensor &tensor = (*this)[index];
  const schema::Buffer *held = buffer(index);
  if (tensor.sparsity() != nullptr) {
    return fail(ErrorCode::kUnsupported,
                label(index) + " is sparse; convert the model with dense weights");
  }
  if (tensor.external_buffer() != 0 || held == nullptr || held->data() == nullptr) {
    return fail(ErrorCode::kUnsupported,
                label(index) +
                    " keeps its data outside of the model; convert it with its data inside");
  }
  auto type = this->type(index);
  if (!type) {
    return Failure{type.error()};
  }
  const std::size_t wanted = ir::byte_size(*type);
  const bool halves = tensor.type() == schema::TensorType_FLOAT16;
  if (held->data()->size() != (halves ? wanted / 2 : wanted)) {
    return fail(ErrorCode::kInvalidInput,
                label(index) + " has " + std::to_string(held->data()->size()) +
                    " bytes of data, but " + ir::type_text(*type) + " needs " +
                    std::to_string(halves ? wanted / 2 : wanted));
  }
  constant_bytes_ += wanted;
  if (constant_bytes_ > kMaxConstantBytes) {
    return fail(ErrorCode::kDoesNotFit, "the model's constants have more than " +
                                            std::to_string(kMaxConstantBytes) + " bytes");
  }
  ir::ConstantData data = halves ? widened_halves(*held->data())
                                 : ir::ConstantData(held->data()->begin(), held->data()->end());
  return ir::Value{name(index), std::move(*type), std::move(data)};
}

} // namespace tinyml::tflite
