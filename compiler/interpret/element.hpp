// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/interpret/broadcast.hpp"
#include "compiler/interpret/step.hpp"
#include "kernels/reference/move.hpp"

/// What the families share: element types as C++ types, shapes with six dimensions.
namespace tinyml::interpret {

/// visit(T{}) with the C++ type of an element; truth values are bytes.
template <typename Visit> auto with_element(ir::ElementType element, const Visit &visit) {
  switch (element) {
  case ir::ElementType::kFloat32:
    return visit(float{});
  case ir::ElementType::kInt8:
    return visit(std::int8_t{});
  case ir::ElementType::kInt16:
    return visit(std::int16_t{});
  case ir::ElementType::kInt32:
    return visit(std::int32_t{});
  case ir::ElementType::kInt64:
    return visit(std::int64_t{});
  case ir::ElementType::kUint8:
  case ir::ElementType::kBool:
    break;
  }
  return visit(std::uint8_t{});
}

/// visit(Index{}) for i32 and i64.
template <typename Visit> auto with_index(ir::ElementType element, const Visit &visit) {
  return element == ir::ElementType::kInt32 ? visit(std::int32_t{}) : visit(std::int64_t{});
}

/// Six dimensions, filled up with `fill` in front.
[[nodiscard]] inline kernels::reference::Dims full_dims(const ir::Shape &shape,
                                                        std::int64_t fill = 1) {
  kernels::reference::Dims dims = {fill, fill, fill, fill, fill, fill};
  std::copy_backward(shape.begin(), shape.end(), dims.end());
  return dims;
}

/// An axis of a shape among six dimensions.
[[nodiscard]] inline std::size_t full_axis(const ir::Shape &shape, std::int64_t axis) {
  return kernels::reference::Dims{}.size() - shape.size() + static_cast<std::size_t>(axis);
}

[[nodiscard]] inline std::int64_t product(const ir::Shape &shape, std::int64_t first,
                                          std::int64_t end) {
  return ir::element_count({shape.begin() + first, shape.begin() + end});
}

} // namespace tinyml::interpret
