// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/requantize.hpp"

/// Fixed-point exp and reciprocal as the int8 softmax uses them, bit for bit the published gemmlowp
/// arithmetic. Qm.n below: m integer bits, n = 31 - m fraction bits, one sign bit. Freestanding.
namespace tinyml::kernels {

/// x * 2^exponent (exponent >= 0), saturating.
[[nodiscard]] constexpr std::int32_t saturating_shift_left(std::int32_t x, std::int32_t exponent) {
  const auto threshold = static_cast<std::int32_t>((1LL << (31 - exponent)) - 1);
  if (x > threshold) {
    return std::numeric_limits<std::int32_t>::max();
  }
  if (x < -threshold) {
    return std::numeric_limits<std::int32_t>::min();
  }
  return shift_left_wrapping(x, exponent);
}

/// exp(a) for a in [-1/4, 0), Q0.31: Taylor expansion around -1/8.
[[nodiscard]] constexpr std::int32_t exp_between_minus_quarter_and_zero(std::int32_t a) {
  constexpr std::int32_t kExpMinusEighth = 1895147668;
  constexpr std::int32_t kOneThird = 715827883;
  const std::int32_t x = a + (1 << 28);
  const std::int32_t x2 = saturating_rounding_doubling_high_mul(x, x);
  const std::int32_t x3 = saturating_rounding_doubling_high_mul(x2, x);
  const std::int32_t x4 = saturating_rounding_doubling_high_mul(x2, x2);
  const std::int32_t x4_over_4 = rounding_divide_by_power_of_two(x4, 2);
  const std::int32_t tail = rounding_divide_by_power_of_two(
      saturating_rounding_doubling_high_mul(x4_over_4 + x3, kOneThird) + x2, 1);
  return kExpMinusEighth + saturating_rounding_doubling_high_mul(kExpMinusEighth, x + tail);
}

/// exp(a) for a <= 0 given with 4 or 5 integer bits; the result is Q0.31.
template <int IntegerBits = 5>
[[nodiscard]] constexpr std::int32_t exp_on_negative_values(std::int32_t a) {
  static_assert(IntegerBits == 4 || IntegerBits == 5);
  constexpr std::int32_t kFractionBits = 31 - IntegerBits;
  constexpr std::int32_t kQuarter = 1 << (kFractionBits - 2);
  if (a == 0) {
    return std::numeric_limits<std::int32_t>::max();
  }
  const std::int32_t reduced = (a & (kQuarter - 1)) - kQuarter;
  std::int32_t result =
      exp_between_minus_quarter_and_zero(saturating_shift_left(reduced, IntegerBits));
  const std::int32_t remainder = reduced - a;
  // exp(-2^k) in Q0.31 for k = -2 ... 4.
  constexpr std::int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308,
                                       39332535,   720401,     242};
  for (std::int32_t k = 0; k < IntegerBits + 2; ++k) {
    if ((remainder & (1 << (kFractionBits - 2 + k))) != 0) {
      result = saturating_rounding_doubling_high_mul(result, kFactors[k]);
    }
  }
  return result;
}

/// 2 / (1 + a) for a in [0, 1] given as Q0.31; the result is Q2.29. Three Newton-Raphson steps.
[[nodiscard]] constexpr std::int32_t two_over_one_plus(std::int32_t a) {
  constexpr std::int32_t k48Over17 = 1515870810;
  constexpr std::int32_t kMinus32Over17 = -1010580540;
  constexpr std::int32_t kOne = 1 << 29;
  const std::int64_t sum = static_cast<std::int64_t>(a) + std::numeric_limits<std::int32_t>::max();
  const auto half_denominator = static_cast<std::int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
  std::int32_t x =
      k48Over17 + saturating_rounding_doubling_high_mul(half_denominator, kMinus32Over17);
  for (int step = 0; step < 3; ++step) {
    const std::int32_t error = kOne - saturating_rounding_doubling_high_mul(half_denominator, x);
    x += saturating_shift_left(saturating_rounding_doubling_high_mul(x, error), 2);
  }
  return x;
}

/// 1 / (1 + a) for a in [0, 1], Q0.31.
[[nodiscard]] constexpr std::int32_t one_over_one_plus(std::int32_t a) {
  return saturating_shift_left(two_over_one_plus(a), 1);
}

/// (1 - a) / (1 + a) for a in [0, 1], Q0.31.
[[nodiscard]] constexpr std::int32_t one_minus_over_one_plus(std::int32_t a) {
  return saturating_shift_left(two_over_one_plus(a) - (1 << 29), 2);
}

/// 1 / (1 + exp(-a)) of Q4.27 as Q0.31.
[[nodiscard]] constexpr std::int32_t fixed_point_sigmoid(std::int32_t a) {
  if (a == 0) {
    return 1 << 30;
  }
  const std::int32_t of_magnitude = one_over_one_plus(exp_on_negative_values<4>(a > 0 ? -a : a));
  return a > 0 ? of_magnitude : std::numeric_limits<std::int32_t>::max() - of_magnitude;
}

/// tanh(a) of Q4.27 as Q0.31: (1 - exp(-2 |a|)) / (1 + exp(-2 |a|)) with a's sign.
[[nodiscard]] constexpr std::int32_t fixed_point_tanh(std::int32_t a) {
  if (a == 0) {
    return 0;
  }
  // The same bits read with one integer bit more are twice the number.
  const std::int32_t of_magnitude =
      one_minus_over_one_plus(exp_on_negative_values<5>(a > 0 ? -a : a));
  return a > 0 ? of_magnitude : -of_magnitude;
}

/// 1 / x for x > 0 in Q(integer_bits): `value` in Q0.31, to be shifted right by `bits_over_unit`.
struct Reciprocal {
  std::int32_t value;
  std::int32_t bits_over_unit;
};

[[nodiscard]] constexpr Reciprocal reciprocal(std::int32_t x, std::int32_t integer_bits) {
  const std::int32_t headroom = __builtin_clz(static_cast<std::uint32_t>(x));
  const std::uint32_t minus_one = (static_cast<std::uint32_t>(x) << headroom) - (1U << 31);
  return {one_over_one_plus(static_cast<std::int32_t>(minus_one)), integer_bits - headroom};
}

/// Constants of an int8 softmax row: differences to the row's maximum are scaled to Q5.26; those
/// below `diff_min` underflow to zero.
struct SoftmaxConstants {
  std::int32_t input_multiplier;
  std::int32_t input_left_shift;
  std::int32_t diff_min;
};

[[nodiscard]] constexpr SoftmaxConstants softmax_constants(double beta, float input_scale) {
  constexpr std::int32_t kIntegerBits = 5;
  const double wanted = beta * static_cast<double>(input_scale) * (1 << (31 - kIntegerBits));
  constexpr double kLargest = 2147483647.0;
  const Multiplier multiplier = quantize_multiplier(wanted < kLargest ? wanted : kLargest);
  const double radius = 1.0 * ((1 << kIntegerBits) - 1) * (1LL << (31 - kIntegerBits)) /
                        static_cast<double>(1LL << multiplier.shift);
  return {multiplier.value, multiplier.shift, -static_cast<std::int32_t>(radius)};
}

/// (q - max) of one element, scaled to Q5.26.
[[nodiscard]] constexpr std::int32_t softmax_scaled_difference(std::int32_t difference,
                                                               const SoftmaxConstants &constants) {
  return saturating_rounding_doubling_high_mul(
      shift_left_wrapping(difference, constants.input_left_shift), constants.input_multiplier);
}

} // namespace tinyml::kernels
