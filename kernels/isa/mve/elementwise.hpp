// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/mve/finish.hpp"

#include <type_traits>

/// Elementwise operators of two tensors, four elements at once.
namespace tinyml::kernels::generic {
template <typename T> struct Add;
template <typename T> struct Sub;
} // namespace tinyml::kernels::generic

namespace tinyml::kernels::isa {
namespace mve {

/// multiply_by_quantized_multiplier, prepared for many vectors.
class Scaling {
public:
  explicit Scaling(Multiplier multiplier)
      : value_(multiplier.value), left_(multiplier.shift > 0 ? multiplier.shift : 0),
        right_(vdupq_n_s32(multiplier.shift - left_)) {}

  [[nodiscard]] int32x4_t operator()(int32x4_t x) const {
    return divide(vqrdmulhq_n_s32(vshlq_r_s32(x, left_), value_), right_);
  }

private:
  std::int32_t value_;
  std::int32_t left_;
  int32x4_t right_;
};

/// Whole bundles of a quantised addition, or of a subtraction.
template <bool Subtract, typename Add>
[[nodiscard]] inline int add_bytes(const Add &add, const std::int8_t *a, const std::int8_t *b,
                                   std::int8_t *output, int count) {
  static_assert(AddMultipliers::kLeftShift == 20, "the shift below");
  const Scaling first_scaling(add.multipliers.first);
  const Scaling second_scaling(add.multipliers.second);
  const Scaling output_scaling(add.multipliers.output);
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    const int32x4_t first =
        first_scaling(vshlq_n_s32(vaddq_n_s32(vldrbq_s32(a + i), -add.first_zero_point), 20));
    const int32x4_t second =
        second_scaling(vshlq_n_s32(vaddq_n_s32(vldrbq_s32(b + i), -add.second_zero_point), 20));
    const int32x4_t sum = Subtract ? vsubq_s32(first, second) : vaddq_s32(first, second);
    const int32x4_t result = vaddq_n_s32(output_scaling(sum), add.output_zero_point);
    vstrbq_s32(output + i,
               vminq_s32(vmaxq_s32(result, vdupq_n_s32(add.low)), vdupq_n_s32(add.high)));
  }
  return i;
}

} // namespace mve

/// See plain_elementwise.hpp.
template <typename Operation> inline constexpr bool kCombines = false;
template <> inline constexpr bool kCombines<generic::Add<std::int8_t>> = true;
template <> inline constexpr bool kCombines<generic::Sub<std::int8_t>> = true;

template <typename Operation, typename T>
[[nodiscard]] inline int combine(const Operation &operation, const T *a, const T *b, T *output,
                                 int count) {
  if constexpr (std::is_same<Operation, generic::Sub<std::int8_t>>::value) {
    const auto add = operation.as_add; // a copy: outputs, being bytes, could change the original
    return mve::add_bytes<true>(add, a, b, output, count);
  } else {
    const Operation add = operation;
    return mve::add_bytes<false>(add, a, b, output, count);
  }
}

} // namespace tinyml::kernels::isa
