// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/types.hpp"

#include <array>

namespace tinyml::ir {
namespace {

struct ElementInfo {
  ElementType element;
  std::string_view name;
  std::size_t size;
};

constexpr std::array kElements = {
    ElementInfo{ElementType::kFloat32, "f32", 4}, ElementInfo{ElementType::kInt8, "i8", 1},
    ElementInfo{ElementType::kUint8, "u8", 1},    ElementInfo{ElementType::kInt16, "i16", 2},
    ElementInfo{ElementType::kInt32, "i32", 4},   ElementInfo{ElementType::kInt64, "i64", 8},
    ElementInfo{ElementType::kBool, "bool", 1},
};

const ElementInfo &info(ElementType element) {
  for (const ElementInfo &entry : kElements) {
    if (entry.element == element) {
      return entry;
    }
  }
  return kElements[0];
}

} // namespace

std::size_t element_size(ElementType element) { return info(element).size; }

std::string_view element_name(ElementType element) { return info(element).name; }

std::optional<ElementType> parse_element_name(std::string_view name) {
  for (const ElementInfo &entry : kElements) {
    if (entry.name == name) {
      return entry.element;
    }
  }
  return std::nullopt;
}

Expected<std::int64_t> checked_element_count(const Shape &shape, ElementType element) {
  if (shape.size() > kMaxRank) {
    return fail(ErrorCode::kUnsupported, "a tensor has " + std::to_string(shape.size()) +
                                             " dimensions; at most " + std::to_string(kMaxRank) +
                                             " are supported");
  }
  const std::int64_t limit = kMaxTensorBytes / static_cast<std::int64_t>(element_size(element));
  std::int64_t count = 1;
  for (const std::int64_t dim : shape) {
    if (dim < 1) {
      return fail(ErrorCode::kInvalidInput,
                  "shape " + shape_text(shape) + " has a dimension below 1");
    }
    if (dim > limit / count) {
      return fail(ErrorCode::kInvalidInput,
                  "shape " + shape_text(shape) + " needs more than 2 GiB");
    }
    count *= dim;
  }
  return count;
}

std::int64_t element_count(const Shape &shape) {
  std::int64_t count = 1;
  for (const std::int64_t dim : shape) {
    count *= dim;
  }
  return count;
}

std::size_t byte_size(const TensorType &type) {
  return static_cast<std::size_t>(element_count(type.shape)) * element_size(type.element);
}

std::string shape_text(const Shape &shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  }
  return text + "]";
}

std::string type_text(const TensorType &type) {
  return std::string(element_name(type.element)) + shape_text(type.shape);
}

} // namespace tinyml::ir
