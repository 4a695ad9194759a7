// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The driver that goes into every image for the array, as text: it is compiled by the device's
/// compiler, never by this program's.
namespace dense_array {

inline constexpr char kDriver[] = R"driver(// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// Products of int8 tiles on the dense array: four filters, sixteen inputs a step. The sums are
// exact, so that every output byte is the one that the processor alone would compute.
namespace tinyml::kernels::isa {

// One step of the array. A chip would take the operands and the sums from its registers here.
inline void dense_array_step(std::int32_t *sums, const std::int8_t *x, const std::int8_t *weights,
                             int inputs) {
  for (int filter = 0; filter < 4; ++filter) {
    std::int32_t column = 0;
    for (int i = 0; i < inputs; ++i) {
      column += x[i] * weights[4 * i + filter];
    }
    sums[filter] += column;
  }
}

template <>
inline void multiply_tile<4, std::int8_t, std::int32_t>(std::int32_t *sums, const std::int8_t *x,
                                                        const std::int8_t *weights, int depth) {
  constexpr int kRows = 16;
  for (int filter = 0; filter < 4; ++filter) {
    sums[filter] = 0;
  }
  for (; depth >= kRows; depth -= kRows) {
    dense_array_step(sums, x, weights, kRows);
    x += kRows;
    weights += 4 * kRows;
  }
  dense_array_step(sums, x, weights, depth);
}

} // namespace tinyml::kernels::isa
)driver";

/// The header of a kit that declares `multiply_tile`, and the driver's name beside it.
inline constexpr char kProductsHeader[] = "kernels/isa/plain_products.hpp";
inline constexpr char kDriverHeader[] = "kernels/isa/dense_array.hpp";

} // namespace dense_array
