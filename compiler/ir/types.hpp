// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

#include <cstring>
#include <string_view>

/// Sizes, names and raw data of tensor types.
namespace tinyml::ir {

inline constexpr std::size_t kMaxRank = module::kMaxRank;
inline constexpr std::int64_t kMaxTensorBytes = 0x7FFFFFFF;

[[nodiscard]] std::size_t element_size(ElementType element);
[[nodiscard]] std::string_view element_name(ElementType element);
[[nodiscard]] std::optional<ElementType> parse_element_name(std::string_view name);

/// Number of elements, or why the shape is not one we accept: rank above 6, a dimension below 1, or
/// more bytes than kMaxTensorBytes. Every shape that comes from outside passes through here.
[[nodiscard]] Expected<std::int64_t> checked_element_count(const Shape &shape, ElementType element);

/// Of a shape that was already checked.
[[nodiscard]] std::int64_t element_count(const Shape &shape);
[[nodiscard]] std::size_t byte_size(const TensorType &type);

/// "f32[1,28,28,1]"
[[nodiscard]] std::string shape_text(const Shape &shape);
[[nodiscard]] std::string type_text(const TensorType &type);

/// Elements of a constant. The caller has checked the element type.
template <typename T> [[nodiscard]] std::vector<T> elements_of(const Value &value) {
  std::vector<T> elements(value.constant ? value.constant->size() / sizeof(T) : 0);
  if (!elements.empty()) {
    std::memcpy(elements.data(), value.constant->data(), elements.size() * sizeof(T));
  }
  return elements;
}

template <typename T> [[nodiscard]] ConstantData constant_data(const std::vector<T> &elements) {
  ConstantData data(elements.size() * sizeof(T));
  if (!data.empty()) {
    std::memcpy(data.data(), elements.data(), data.size());
  }
  return data;
}

/// Range that an int8 activation is clamped to; see docs/ir.md.
struct Range {
  std::int32_t low;
  std::int32_t high;
};

} // namespace tinyml::ir
