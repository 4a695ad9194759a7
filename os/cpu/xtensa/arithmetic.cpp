// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic that GCC calls by name and that the lx106's libgcc leaves out, because the
// chip it was made for has it in its mask ROM. The core multiplies 32 by 32 bits to 32 bits and 16
// by 16 to 32, and does not divide.
#include <cstdint>

namespace {

template <typename Word> struct Divided {
  Word quotient;
  Word rest;
};

/// Bit by bit from the highest one on. Division by zero gives what the loop gives.
template <typename Word> Divided<Word> divide(Word number, Word by) {
  Divided<Word> result{0, 0};
  int bit = static_cast<int>(sizeof(Word) * 8);
  while (bit > 0 && ((number >> (bit - 1)) & 1) == 0) {
    --bit;
  }
  while (bit-- > 0) {
    result.rest = static_cast<Word>((result.rest << 1) | ((number >> bit) & 1));
    result.quotient = static_cast<Word>(result.quotient << 1);
    if (result.rest >= by) {
      result.rest -= by;
      result.quotient |= 1;
    }
  }
  return result;
}

template <typename Signed, typename Word> Signed divide_signed(Signed number, Signed by) {
  const Word magnitude =
      number < 0 ? Word{0} - static_cast<Word>(number) : static_cast<Word>(number);
  const Word divisor = by < 0 ? Word{0} - static_cast<Word>(by) : static_cast<Word>(by);
  const Word quotient = divide(magnitude, divisor).quotient;
  return static_cast<Signed>((number < 0) != (by < 0) ? Word{0} - quotient : quotient);
}

std::uint64_t words(std::uint32_t high, std::uint32_t low) {
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

} // namespace

extern "C" {

std::uint64_t __umulsidi3(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t a_low = a & 0xFFFF;
  const std::uint32_t a_high = a >> 16;
  const std::uint32_t b_low = b & 0xFFFF;
  const std::uint32_t b_high = b >> 16;
  const std::uint32_t low = a_low * b_low;
  const std::uint32_t cross = a_high * b_low + (low >> 16);
  const std::uint32_t middle = a_low * b_high + (cross & 0xFFFF);
  return words(a_high * b_high + (cross >> 16) + (middle >> 16), (middle << 16) | (low & 0xFFFF));
}

std::uint64_t __muldi3(std::uint64_t a, std::uint64_t b) {
  const auto a_low = static_cast<std::uint32_t>(a);
  const auto b_low = static_cast<std::uint32_t>(b);
  const std::uint64_t low = __umulsidi3(a_low, b_low);
  const std::uint32_t cross =
      a_low * static_cast<std::uint32_t>(b >> 32) + static_cast<std::uint32_t>(a >> 32) * b_low;
  return words(static_cast<std::uint32_t>(low >> 32) + cross, static_cast<std::uint32_t>(low));
}

std::uint32_t __udivsi3(std::uint32_t number, std::uint32_t by) {
  return divide(number, by).quotient;
}
std::uint32_t __umodsi3(std::uint32_t number, std::uint32_t by) { return divide(number, by).rest; }
std::int32_t __divsi3(std::int32_t number, std::int32_t by) {
  return divide_signed<std::int32_t, std::uint32_t>(number, by);
}
std::uint64_t __udivdi3(std::uint64_t number, std::uint64_t by) {
  return divide(number, by).quotient;
}
std::uint64_t __umoddi3(std::uint64_t number, std::uint64_t by) { return divide(number, by).rest; }
std::int64_t __divdi3(std::int64_t number, std::int64_t by) {
  return divide_signed<std::int64_t, std::uint64_t>(number, by);
}
}
