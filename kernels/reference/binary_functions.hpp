// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

/// Functions of two numbers of one type, by the names that the IR's `binary` gives them, and the
/// four arithmetic ones for plain integers. Generated code and the interpreter use the same.
/// Integers wrap around; what has no result (a division by zero) gives 0.
namespace tinyml::kernels {

enum class BinaryFunction : std::uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMin,
  kMax,
  kPow,
  kMod,  ///< sign of the divisor
  kFmod, ///< sign of the dividend
  kSquaredDifference,
  kPrelu,         ///< a, or a * b where a is negative
  kReluGradient,  ///< b where a > 0, else 0
  kRelu6Gradient, ///< b where 0 < a < 6, else 0
  kAnd,           ///< of bits; of truth values likewise
  kOr,
  kXor,
  kShiftLeft,
  kShiftRight,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
};

[[nodiscard]] constexpr bool is_comparison(BinaryFunction function) {
  return function >= BinaryFunction::kEqual;
}

/// Arithmetic of integers: in 64 bits without a sign, where overflow is defined.
template <typename T> struct IntegerFunctions {
  using Wide = std::uint64_t;

  static T add(T a, T b) { return static_cast<T>(static_cast<Wide>(a) + static_cast<Wide>(b)); }
  static T sub(T a, T b) { return static_cast<T>(static_cast<Wide>(a) - static_cast<Wide>(b)); }
  static T mul(T a, T b) { return static_cast<T>(static_cast<Wide>(a) * static_cast<Wide>(b)); }
  static bool is_minus_one(T b) { return std::is_signed<T>::value && b == static_cast<T>(-1); }
  static T div(T a, T b) {
    return b == 0 ? T{0} : (is_minus_one(b) ? sub(0, a) : static_cast<T>(a / b));
  }
  static T fmod(T a, T b) { return b == 0 || is_minus_one(b) ? T{0} : static_cast<T>(a % b); }
  static T mod(T a, T b) {
    const T rest = fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? add(rest, b) : rest;
  }
  static T pow(T base, T exponent) {
    if (exponent < 0) {
      return base == 1 ? T{1} : (is_minus_one(base) ? (exponent % 2 == 0 ? T{1} : base) : T{0});
    }
    T result = 1;
    for (; exponent > 0; exponent = static_cast<T>(exponent / 2)) {
      result = exponent % 2 != 0 ? mul(result, base) : result;
      base = mul(base, base);
    }
    return result;
  }
  static T bit_and(T a, T b) { return static_cast<T>(a & b); }
  static T bit_or(T a, T b) { return static_cast<T>(a | b); }
  static T bit_xor(T a, T b) { return static_cast<T>(a ^ b); }
  static bool shifts_out(T b) { return b < 0 || static_cast<Wide>(b) >= sizeof(T) * 8; }
  static T shift_left(T a, T b) {
    return shifts_out(b) ? T{0} : static_cast<T>(static_cast<Wide>(a) << b);
  }
  static T shift_right(T a, T b) { return shifts_out(b) ? T{0} : static_cast<T>(a >> b); }
};

template <typename T> struct FloatFunctions {
  static T add(T a, T b) { return a + b; }
  static T sub(T a, T b) { return a - b; }
  static T mul(T a, T b) { return a * b; }
  static T div(T a, T b) { return a / b; }
  static T fmod(T a, T b) { return std::fmod(a, b); }
  static T mod(T a, T b) {
    const T rest = std::fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
  static T pow(T a, T b) { return std::pow(a, b); }
  // Bits of floats are nobody's business; docs/ir.md does not allow it.
  static T bit_and(T, T) { return std::numeric_limits<T>::quiet_NaN(); }
  static T bit_or(T a, T b) { return bit_and(a, b); }
  static T bit_xor(T a, T b) { return bit_and(a, b); }
  static T shift_left(T a, T b) { return bit_and(a, b); }
  static T shift_right(T a, T b) { return bit_and(a, b); }
};

/// Result of every function that is no comparison.
template <typename T> [[nodiscard]] inline T combine(BinaryFunction function, T a, T b) {
  using F = typename std::conditional<std::is_integral<T>::value, IntegerFunctions<T>,
                                      FloatFunctions<T>>::type;
  switch (function) {
  case BinaryFunction::kAdd:
    return F::add(a, b);
  case BinaryFunction::kSub:
    return F::sub(a, b);
  case BinaryFunction::kMul:
    return F::mul(a, b);
  case BinaryFunction::kDiv:
    return F::div(a, b);
  case BinaryFunction::kMin: // what is not a number stays so
    return b < a || b != b ? b : a;
  case BinaryFunction::kMax:
    return b > a || b != b ? b : a;
  case BinaryFunction::kPow:
    return F::pow(a, b);
  case BinaryFunction::kMod:
    return F::mod(a, b);
  case BinaryFunction::kFmod:
    return F::fmod(a, b);
  case BinaryFunction::kSquaredDifference:
    return F::mul(F::sub(a, b), F::sub(a, b));
  case BinaryFunction::kPrelu:
    return a < 0 ? F::mul(a, b) : a;
  case BinaryFunction::kReluGradient:
    return a > 0 ? b : T{};
  case BinaryFunction::kRelu6Gradient:
    return a > 0 && a < 6 ? b : T{};
  case BinaryFunction::kAnd:
    return F::bit_and(a, b);
  case BinaryFunction::kOr:
    return F::bit_or(a, b);
  case BinaryFunction::kXor:
    return F::bit_xor(a, b);
  case BinaryFunction::kShiftLeft:
    return F::shift_left(a, b);
  case BinaryFunction::kShiftRight:
    return F::shift_right(a, b);
  case BinaryFunction::kEqual:
  case BinaryFunction::kNotEqual:
  case BinaryFunction::kLess:
  case BinaryFunction::kLessEqual:
  case BinaryFunction::kGreater:
  case BinaryFunction::kGreaterEqual:
    break;
  }
  return T{};
}

/// Result of every comparison.
template <typename T> [[nodiscard]] inline bool compare(BinaryFunction function, T a, T b) {
  switch (function) {
  case BinaryFunction::kEqual:
    return a == b;
  case BinaryFunction::kNotEqual:
    return a != b;
  case BinaryFunction::kLess:
    return a < b;
  case BinaryFunction::kLessEqual:
    return a <= b;
  case BinaryFunction::kGreater:
    return a > b;
  case BinaryFunction::kGreaterEqual:
    return a >= b;
  default: // the functions of combine()
    return false;
  }
}

} // namespace tinyml::kernels
