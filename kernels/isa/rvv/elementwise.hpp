// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/isa/rvv/instructions.hpp"

/// Elementwise operators of two tensors, sixteen elements at once.
namespace tinyml::kernels::generic {
template <typename T> struct Add;
} // namespace tinyml::kernels::generic

namespace tinyml::kernels::isa {
namespace rvv {

/// multiply_by_quantized_multiplier with a shift to the right.
struct Scaling {
  explicit Scaling(Multiplier multiplier)
      : factor(multiplier.value), right(-multiplier.shift), rounds(multiplier.shift < 0 ? -1 : 0) {}

  long factor;
  long right;
  long rounds; ///< all bits: what is negative is made one smaller before vssra rounds halves up
};

#define TINYML_RVV_SCALE(vector, factor, right, rounds)                                            \
  "vsmul.vx " vector ", " vector ", %[" factor "]\n"                                               \
  "vsra.vi v16, " vector ", 31\n"                                                                  \
  "vand.vx v16, v16, %[" rounds "]\n"                                                              \
  "vadd.vv " vector ", " vector ", v16\n"                                                          \
  "vssra.vx " vector ", " vector ", %[" right "]\n"

/// All elements of a quantised addition.
template <typename Add>
inline void add_bytes(const Add &add, const std::int8_t *a, const std::int8_t *b,
                      std::int8_t *output, long count) {
  static_assert(AddMultipliers::kLeftShift == 20, "the shift below");
  const Scaling first(add.multipliers.first);
  const Scaling second(add.multipliers.second);
  const Scaling both(add.multipliers.output);
  long part;
  __asm__ volatile(
      TINYML_RVV(
          "csrwi vxrm, 0\n"
          "1: vsetvli %[part], %[count], e32, m4, ta, ma\n"
          "vle8.v v2, (%[a])\n"
          "vle8.v v3, (%[b])\n"
          "vsext.vf4 v8, v2\n"
          "vsext.vf4 v12, v3\n"
          "vsub.vx v8, v8, %[zero1]\n"
          "vsub.vx v12, v12, %[zero2]\n"
          "vsll.vi v8, v8, 20\n"
          "vsll.vi v12, v12, 20\n" TINYML_RVV_SCALE("v8", "factor1", "right1", "rounds1")
              TINYML_RVV_SCALE(
                  "v12", "factor2", "right2",
                  "rounds2") "vadd.vv v8, v8, v12\n" TINYML_RVV_SCALE("v8", "factor3", "right3",
                                                                      "rounds3") "vadd.vx v8, v8, "
                                                                                 "%[zero3]\n"
                                                                                 "vmax.vx v8, v8, "
                                                                                 "%[low]\n"
                                                                                 "vmin.vx v8, v8, "
                                                                                 "%[high]\n"
                                                                                 "vsetvli zero, "
                                                                                 "%[part], e16, "
                                                                                 "m2, ta, ma\n"
                                                                                 "vnsrl.wi v4, v8, "
                                                                                 "0\n"
                                                                                 "vsetvli zero, "
                                                                                 "%[part], e8, m1, "
                                                                                 "ta, ma\n"
                                                                                 "vnsrl.wi v2, v4, "
                                                                                 "0\n"
                                                                                 "vse8.v v2, "
                                                                                 "(%[output])\n"
                                                                                 "add %[a], %[a], "
                                                                                 "%[part]\n"
                                                                                 "add %[b], %[b], "
                                                                                 "%[part]\n"
                                                                                 "add %[output], "
                                                                                 "%[output], "
                                                                                 "%[part]\n"
                                                                                 "sub %[count], "
                                                                                 "%[count], "
                                                                                 "%[part]\n"
                                                                                 "bnez %[count], "
                                                                                 "1b\n")
      : [a] "+r"(a), [b] "+r"(b), [output] "+r"(output), [count] "+r"(count), [part] "=&r"(part)
      : [zero1] "r"(long{add.first_zero_point}), [zero2] "r"(long{add.second_zero_point}),
        [zero3] "r"(long{add.output_zero_point}), [low] "r"(long{add.low}),
        [high] "r"(long{add.high}), [factor1] "r"(first.factor), [right1] "r"(first.right),
        [rounds1] "r"(first.rounds), [factor2] "r"(second.factor), [right2] "r"(second.right),
        [rounds2] "r"(second.rounds), [factor3] "r"(both.factor), [right3] "r"(both.right),
        [rounds3] "r"(both.rounds)
      : "memory");
}

#undef TINYML_RVV_SCALE

} // namespace rvv

/// See plain_elementwise.hpp.
template <typename Operation> inline constexpr bool kCombines = false;
template <> inline constexpr bool kCombines<generic::Add<std::int8_t>> = true;

/// All elements, or none where a scale is above one.
template <typename Operation, typename T>
[[nodiscard]] inline int combine(const Operation &operation, const T *a, const T *b, T *output,
                                 int count) {
  const Operation add = operation; // a copy: outputs, being bytes, could change the original
  const auto &scales = add.multipliers;
  if (count <= 0 || scales.first.shift > 0 || scales.second.shift > 0 || scales.output.shift > 0) {
    return 0;
  }
  rvv::add_bytes(add, a, b, output, count);
  return count;
}

} // namespace tinyml::kernels::isa
