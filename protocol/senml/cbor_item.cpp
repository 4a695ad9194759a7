// SPDX-License-Identifier: Apache-2.0
#include "protocol/senml/cbor_item.hpp"

#include <bit>
#include <limits>

namespace tinyml::senml {
namespace {

/// An IEEE 754 number of up to 32 bits to double by moving bits: exact, and no soft-float code on a
/// device.
double widen(std::uint32_t bits, unsigned exponent_bits, unsigned mantissa_bits) {
  const std::uint32_t top_exponent = (1U << exponent_bits) - 1U;
  const std::uint32_t leading_one = 1U << mantissa_bits;
  const std::uint64_t sign = std::uint64_t{bits >> (exponent_bits + mantissa_bits)} << 63U;
  int exponent = static_cast<int>((bits >> mantissa_bits) & top_exponent);
  std::uint32_t mantissa = bits & (leading_one - 1U);
  if (exponent == 0 && mantissa == 0) {
    return std::bit_cast<double>(sign);
  }
  int wide_exponent = 0x7FF; // infinity and NaN
  if (exponent != static_cast<int>(top_exponent)) {
    if (exponent == 0) { // subnormal: shift until the leading one is implicit
      exponent = 1;
      while ((mantissa & leading_one) == 0) {
        mantissa <<= 1U;
        --exponent;
      }
      mantissa &= leading_one - 1U;
    }
    wide_exponent = exponent + 1023 - static_cast<int>(top_exponent / 2U);
  }
  return std::bit_cast<double>(sign | (static_cast<std::uint64_t>(wide_exponent) << 52U) |
                               (std::uint64_t{mantissa} << (52U - mantissa_bits)));
}

} // namespace

bool ItemReader::fail(Error error) {
  error_ = error_ == Error::kNone ? error : error_;
  return false;
}

std::optional<std::uint64_t> ItemReader::take_argument(std::uint8_t info) {
  if (info < 24 || info == Item::kIndefinite) {
    return info;
  }
  if (info > 27) {
    fail(Error::kMalformed);
    return std::nullopt;
  }
  const auto bytes = bytes_.take(std::size_t{1} << (info - 24U));
  if (!bytes) {
    fail(Error::kTruncated);
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const std::uint8_t byte : *bytes) {
    value = (value << 8U) | byte;
  }
  return value;
}

std::optional<Item> ItemReader::next() {
  if (error_ != Error::kNone) {
    return std::nullopt;
  }
  const auto head = bytes_.take(1);
  if (!head) {
    fail(Error::kTruncated);
    return std::nullopt;
  }
  Item item;
  item.major = static_cast<Major>(head->front() >> 5U);
  item.info = head->front() & 0x1FU;
  const auto argument = take_argument(item.info);
  if (!argument) {
    return std::nullopt;
  }
  item.argument = *argument;
  const bool container = item.major == Major::kArray || item.major == Major::kMap;
  if (item.indefinite() && !container) {
    const bool string = item.major == Major::kBytes || item.major == Major::kText;
    fail(string ? Error::kUnsupported : Error::kMalformed);
    return std::nullopt;
  }
  if (item.major == Major::kBytes || item.major == Major::kText) {
    const bool there = item.argument <= bytes_.remaining();
    if (!there) {
      fail(Error::kTruncated);
      return std::nullopt;
    }
    item.bytes = *bytes_.take(static_cast<std::size_t>(item.argument));
  }
  return item;
}

bool ItemReader::skip_content(const Item &item) {
  constexpr std::size_t kMaxDepth = 8;
  constexpr std::uint64_t kUntilBreak = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t pending[kMaxDepth]; // items still to come on each open level
  std::size_t depth = 0;
  Item current = item;
  for (;;) {
    const bool map = current.major == Major::kMap;
    if (map || current.major == Major::kArray || current.major == Major::kTag) {
      if (depth == kMaxDepth) {
        return fail(Error::kTooDeep);
      }
      if (current.argument > 0xFFFFFFFFU && current.major != Major::kTag) {
        return fail(Error::kTruncated); // no datagram has room for so many
      }
      const std::uint64_t count = map ? current.argument * 2 : current.argument;
      pending[depth++] =
          current.indefinite() ? kUntilBreak : (current.major == Major::kTag ? 1 : count);
    }
    while (depth > 0 && pending[depth - 1] == 0) {
      --depth;
    }
    if (depth == 0) {
      return true;
    }
    const auto following = next();
    if (!following) {
      return false;
    }
    if (following->is_break()) {
      if (pending[depth - 1] != kUntilBreak) {
        return fail(Error::kMalformed);
      }
      pending[depth - 1] = 0;
      current = Item{};
      continue;
    }
    pending[depth - 1] -= pending[depth - 1] == kUntilBreak ? 0U : 1U;
    current = *following;
  }
}

std::optional<Value> to_number(const Item &item, Error &error) {
  const bool integer = item.major == Major::kUnsigned || item.major == Major::kNegative;
  if (integer && item.argument > static_cast<std::uint64_t>(INT64_MAX)) {
    error = Error::kNumber;
    return std::nullopt;
  }
  if (integer) {
    const auto magnitude = static_cast<std::int64_t>(item.argument);
    return Value::of(item.major == Major::kNegative ? -1 - magnitude : magnitude);
  }
  if (item.major == Major::kSimple && item.info == 25) {
    return Value::of(widen(static_cast<std::uint32_t>(item.argument), 5, 10));
  }
  if (item.major == Major::kSimple && item.info == 26) {
    return Value::of(widen(static_cast<std::uint32_t>(item.argument), 8, 23));
  }
  if (item.major == Major::kSimple && item.info == 27) {
    return Value::of(std::bit_cast<double>(item.argument));
  }
  error = item.major == Major::kTag ? Error::kNumber : Error::kType;
  return std::nullopt;
}

} // namespace tinyml::senml
