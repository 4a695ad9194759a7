// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

/// Fixed-point arithmetic of int8 inference, bit for bit that of TensorFlow Lite Micro's reference
/// kernels: the doubling-high-multiply rounds once and the right shift rounds again. Freestanding,
/// header only; everything is constexpr, so generated code can derive its constants at compile
/// time.
namespace tinyml::kernels {

/// real ~= multiplier * 2^(shift - 31); multiplier is 0 or in [2^30, 2^31).
struct Multiplier {
  std::int32_t value = 0;
  std::int32_t shift = 0; ///< positive: to the left

  constexpr bool operator==(const Multiplier &other) const {
    return value == other.value && shift == other.shift;
  }
};

/// round(a * b / 2^31), halves away from zero; saturates the one overflowing product.
[[nodiscard]] constexpr std::int32_t saturating_rounding_doubling_high_mul(std::int32_t a,
                                                                           std::int32_t b) {
  if (a == b && a == std::numeric_limits<std::int32_t>::min()) {
    return std::numeric_limits<std::int32_t>::max();
  }
  const std::int64_t product = static_cast<std::int64_t>(a) * b;
  const std::int64_t nudge = product >= 0 ? (1LL << 30) : (1 - (1LL << 30));
  return static_cast<std::int32_t>((product + nudge) / (1LL << 31));
}

/// round(x / 2^exponent), halves away from zero; 0 <= exponent <= 31.
[[nodiscard]] constexpr std::int32_t rounding_divide_by_power_of_two(std::int32_t x,
                                                                     std::int32_t exponent) {
  const auto mask = static_cast<std::int32_t>((1LL << exponent) - 1);
  const std::int32_t remainder = x & mask;
  const std::int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/// x * 2^shift modulo 2^32, without the undefined behaviour of a signed shift.
[[nodiscard]] constexpr std::int32_t shift_left_wrapping(std::int32_t x, std::int32_t shift) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << shift);
}

/// x times the real number that `multiplier` stands for.
[[nodiscard]] constexpr std::int32_t multiply_by_quantized_multiplier(std::int32_t x,
                                                                      Multiplier multiplier) {
  const std::int32_t left = multiplier.shift > 0 ? multiplier.shift : 0;
  const std::int32_t right = multiplier.shift > 0 ? 0 : -multiplier.shift;
  return rounding_divide_by_power_of_two(
      saturating_rounding_doubling_high_mul(shift_left_wrapping(x, left), multiplier.value), right);
}

/// Splits a non-negative, finite real number into a 31-bit fraction and a power of two. Numbers
/// below 2^-32 become zero. Halving and doubling a double is exact, so no <cmath> is needed.
[[nodiscard]] constexpr Multiplier quantize_multiplier(double real) {
  constexpr double kSmallest = 1.0 / (1LL << 33);
  if (!(real >= kSmallest && real <= std::numeric_limits<double>::max())) {
    return {};
  }
  std::int32_t shift = 0;
  for (; real >= 1.0; real *= 0.5) {
    ++shift;
  }
  for (; real < 0.5; real *= 2.0) {
    --shift;
  }
  auto fraction = static_cast<std::int64_t>(real * (1LL << 31) + 0.5); // 31 bits, rounded
  if (fraction == (1LL << 31)) {
    fraction >>= 1;
    ++shift;
  }
  if (shift < -31) {
    return {};
  }
  return {static_cast<std::int32_t>(fraction), shift};
}

/// A multiplier's fraction with 15 bits.
[[nodiscard]] constexpr std::int32_t fraction16(Multiplier multiplier) {
  constexpr std::int32_t kHalf = 1 << 15;
  return multiplier.value >= std::numeric_limits<std::int32_t>::max() - kHalf
             ? 32767
             : (multiplier.value + kHalf) >> 16;
}

/// The same product for sums of up to 48 bits: the fraction keeps 15 bits, one rounding, halves up.
/// `shift` is below 8.
[[nodiscard]] constexpr std::int32_t multiply_wide(std::int64_t x, std::int32_t fraction,
                                                   std::int32_t shift) {
  const std::uint64_t product =
      static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(fraction);
  return static_cast<std::int32_t>(static_cast<std::int64_t>(product + (1ULL << (14 - shift))) >>
                                   (15 - shift));
}

[[nodiscard]] constexpr std::int32_t clamp(std::int32_t x, std::int32_t low, std::int32_t high) {
  return x < low ? low : (x > high ? high : x);
}

/// Kernels may double sums of products that begin with a smaller bias than this.
inline constexpr std::int32_t kSmallBias = 1 << 29;

/// Accumulator to output element: scale, add the zero point, clamp to the (activation's) range.
[[nodiscard]] constexpr std::int8_t requantize(std::int32_t accumulator, Multiplier multiplier,
                                               std::int32_t zero_point, std::int32_t low,
                                               std::int32_t high) {
  const std::int32_t scaled = multiply_by_quantized_multiplier(accumulator, multiplier);
  return static_cast<std::int8_t>(clamp(scaled + zero_point, low, high));
}

/// Real factor between the accumulator of a convolution or a fully connected layer and its output:
/// input scale * filter scale / output scale, in double as the reference kernels derive it.
[[nodiscard]] constexpr Multiplier convolution_multiplier(float input_scale, float filter_scale,
                                                          float output_scale) {
  return quantize_multiplier(static_cast<double>(input_scale) * static_cast<double>(filter_scale) /
                             static_cast<double>(output_scale));
}

/// The same for a fully connected layer whose weights have one scale: there the reference kernels
/// round the product of scales to float.
[[nodiscard]] constexpr Multiplier fully_connected_multiplier(float input_scale, float filter_scale,
                                                              float output_scale) {
  const float product = input_scale * filter_scale;
  return quantize_multiplier(static_cast<double>(product) / static_cast<double>(output_scale));
}

/// Elementwise addition: both inputs are brought to twice the larger scale with 20 spare bits
/// (int8) or 15 (int16).
struct AddMultipliers {
  static constexpr std::int32_t kLeftShift = 20;
  static constexpr std::int32_t kLeftShift16 = 15;
  Multiplier first;
  Multiplier second;
  Multiplier output;
};

[[nodiscard]] constexpr AddMultipliers
add_multipliers(float first_scale, float second_scale, float output_scale,
                std::int32_t left_shift = AddMultipliers::kLeftShift) {
  const auto first = static_cast<double>(first_scale);
  const auto second = static_cast<double>(second_scale);
  const double twice_larger = 2 * (first > second ? first : second);
  return {
      quantize_multiplier(first / twice_larger), quantize_multiplier(second / twice_larger),
      quantize_multiplier(twice_larger / ((1 << left_shift) * static_cast<double>(output_scale)))};
}

/// Subtraction is prepared in float where addition is prepared in double; the last bits differ.
[[nodiscard]] constexpr AddMultipliers
sub_multipliers(float first_scale, float second_scale, float output_scale,
                std::int32_t left_shift = AddMultipliers::kLeftShift) {
  const float twice_larger = 2 * (first_scale > second_scale ? first_scale : second_scale);
  const float shifted_output = static_cast<float>(1 << left_shift) * output_scale;
  return {quantize_multiplier(static_cast<double>(first_scale / twice_larger)),
          quantize_multiplier(static_cast<double>(second_scale / twice_larger)),
          quantize_multiplier(static_cast<double>(twice_larger / shifted_output))};
}

/// One operand of a quantised addition, on the common scale.
[[nodiscard]] constexpr std::int32_t add_operand(std::int32_t minus_zero, Multiplier multiplier) {
  return multiply_by_quantized_multiplier(minus_zero * (1 << AddMultipliers::kLeftShift),
                                          multiplier);
}

[[nodiscard]] constexpr std::int32_t add_operand16(std::int32_t x, Multiplier multiplier) {
  return multiply_by_quantized_multiplier(x * (1 << AddMultipliers::kLeftShift16), multiplier);
}

/// The factor of a mean over `count` elements: the scales' ratio divided by the count in integers.
[[nodiscard]] constexpr Multiplier mean_multiplier(Multiplier ratio, std::int64_t count) {
  std::int32_t shift = 0;
  while (count >> shift > 1) {
    ++shift;
  }
  shift = shift < 32 ? shift : 32;
  shift = shift < 31 + ratio.shift ? shift : 31 + ratio.shift;
  return {static_cast<std::int32_t>((static_cast<std::int64_t>(ratio.value) << shift) / count),
          ratio.shift - shift};
}

/// Average of `count` int8 values, halves away from zero.
[[nodiscard]] constexpr std::int32_t rounded_average(std::int32_t sum, std::int32_t count) {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

} // namespace tinyml::kernels
