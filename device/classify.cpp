// SPDX-License-Identifier: Apache-2.0
#include "device/classify.hpp"

#include <bit>

namespace tinyml::device {
namespace {

bool is_vector(const module::TensorInfo &tensor) {
  unsigned long_dimensions = 0;
  for (std::size_t i = 0; i < tensor.rank; ++i) {
    long_dimensions += tensor.dims[i] > 1 ? 1U : 0U;
  }
  return long_dimensions == 1;
}

/// A number that orders elements as their values do. IEEE floats order like sign-magnitude
/// integers, so no floating-point comparison is linked; NaN sorts beyond infinity.
std::int32_t sort_key(const module::TensorInfo &tensor, const std::uint8_t *element) {
  switch (tensor.type) {
  case module::ElementType::kInt8:
    return static_cast<std::int8_t>(*element);
  case module::ElementType::kUint8:
    return *element;
  default: {
    const auto bits = static_cast<std::int32_t>(load_le<std::uint32_t>(element));
    return bits < 0 ? bits ^ 0x7FFFFFFF : bits;
  }
  }
}

/// scale × factor, truncated to 24 bits, by integer arithmetic: the one product of a program should
/// not link a floating-point library.
float scaled(float scale, std::int32_t factor) {
  const auto bits = std::bit_cast<std::uint32_t>(scale);
  std::uint32_t exponent = (bits >> 23) & 0xFF;
  const std::uint32_t magnitude = static_cast<std::uint32_t>(factor < 0 ? -factor : factor);
  if (exponent == 0 || exponent == 0xFF || magnitude == 0) {
    return 0;
  }
  std::uint64_t product = std::uint64_t{(bits & 0x7FFFFF) | 0x800000} * magnitude;
  while (product >= (std::uint64_t{1} << 24)) {
    product >>= 1;
    ++exponent;
  }
  const std::uint32_t sign = (bits ^ static_cast<std::uint32_t>(factor)) & 0x80000000;
  return exponent > 0xFE ? 0
                         : std::bit_cast<float>(sign | (exponent << 23) |
                                                (static_cast<std::uint32_t>(product) & 0x7FFFFF));
}

float score_of(const module::TensorInfo &tensor, const std::uint8_t *element) {
  if (tensor.type == module::ElementType::kFloat32) {
    return std::bit_cast<float>(load_le<std::uint32_t>(element));
  }
  return scaled(tensor.scale, sort_key(tensor, element) - tensor.zero_point);
}

} // namespace

Winner classify(const module::TensorInfo &tensor, ByteView data) {
  const bool wide = tensor.type == module::ElementType::kFloat32;
  const bool narrow =
      tensor.type == module::ElementType::kInt8 || tensor.type == module::ElementType::kUint8;
  const std::size_t element_bytes = wide ? 4 : 1;
  if (!(wide || narrow) || !is_vector(tensor) || data.size() < 2 * element_bytes) {
    return {};
  }
  std::size_t best = 0;
  for (std::size_t at = element_bytes; at + element_bytes <= data.size(); at += element_bytes) {
    best = sort_key(tensor, &data[at]) > sort_key(tensor, &data[best]) ? at : best;
  }
  return {static_cast<std::int32_t>(best / element_bytes), score_of(tensor, &data[best])};
}

} // namespace tinyml::device
