// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/codes.hpp"

#include "kernels/reference/unary.hpp"

#include <cmath>
#include <cstring>

namespace tinyml::quantize {
namespace {

std::int16_t int16_code(float number, float scale) {
  const float code = std::round(number / scale);
  return static_cast<std::int16_t>(std::isnan(code) ? 0.0F : std::clamp(code, -32768.0F, 32767.0F));
}

template <typename T>
std::vector<float> decode_codes(const ir::Quantization &quantization, ByteView raw) {
  std::vector<float> numbers(raw.size() / sizeof(T));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    T code = 0;
    std::memcpy(&code, raw.data() + i * sizeof(T), sizeof(T));
    numbers[i] = quantization.scales[0] * static_cast<float>(code - quantization.zero_points[0]);
  }
  return numbers;
}

} // namespace

void encode(const ir::TensorType &type, std::span<const float> numbers, std::uint8_t *out) {
  switch (type.element) {
  case ir::ElementType::kInt8:
    kernels::reference::quantize(static_cast<std::int64_t>(numbers.size()), numbers.data(),
                                 type.quantization->scales[0], type.quantization->zero_points[0],
                                 reinterpret_cast<std::int8_t *>(out));
    return;
  case ir::ElementType::kInt16:
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::int16_t code = int16_code(numbers[i], type.quantization->scales[0]);
      std::memcpy(out + i * sizeof code, &code, sizeof code);
    }
    return;
  default:
    std::memcpy(out, numbers.data(), numbers.size() * sizeof(float));
    return;
  }
}

std::vector<float> decode(const ir::TensorType &type, ByteView raw) {
  switch (type.element) {
  case ir::ElementType::kInt8:
    return decode_codes<std::int8_t>(*type.quantization, raw);
  case ir::ElementType::kInt16:
    return decode_codes<std::int16_t>(*type.quantization, raw);
  default:
    std::vector<float> numbers(raw.size() / sizeof(float));
    if (!numbers.empty()) {
      std::memcpy(numbers.data(), raw.data(), numbers.size() * sizeof(float));
    }
    return numbers;
  }
}

} // namespace tinyml::quantize
