// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/cast.hpp"

#include <cstdint>

namespace tinyml::kernels::generic {

struct Cast {
  std::int32_t count;
};

/// Elementwise, ascending.
template <typename From, typename To, typename Layer>
inline void cast_elements(const Layer &layer, const From *input, To *output) {
  const Cast &p = layer;
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] = cast_element<To, From>(input[i]);
  }
}

/// To truth values.
template <typename From, typename Layer>
inline void cast_to_bool(const Layer &layer, const From *input, std::uint8_t *output) {
  const Cast &p = layer;
  for (std::int32_t i = 0; i < p.count; ++i) {
    output[i] = input[i] != From{} ? 1 : 0;
  }
}

} // namespace tinyml::kernels::generic
