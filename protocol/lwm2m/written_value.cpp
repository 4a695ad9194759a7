// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/written_value.hpp"

namespace tinyml::lwm2m {
namespace {

constexpr std::size_t kMaxDigits = 18; // always fits in 64 bits

std::optional<std::int64_t> parse_decimal(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  text.remove_prefix(negative ? 1 : 0);
  if (text.empty() || text.size() > kMaxDigits) {
    return std::nullopt;
  }
  std::int64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    number = number * 10 + (c - '0');
  }
  return negative ? -number : number;
}

std::optional<std::int64_t> parse_big_endian(ByteView bytes) {
  if (bytes.size() != 1 && bytes.size() != 2 && bytes.size() != 4 && bytes.size() != 8) {
    return std::nullopt;
  }
  std::uint64_t number = (bytes[0] & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
  for (const std::uint8_t byte : bytes) {
    number = (number << 8) | byte;
  }
  return static_cast<std::int64_t>(number);
}

} // namespace

std::optional<std::int64_t> WrittenValue::integer() const {
  switch (kind_) {
  case Kind::kText:
    return parse_decimal(as_text(bytes_));
  case Kind::kBinary:
    return parse_big_endian(bytes_);
  case Kind::kInteger:
    return integer_;
  }
  return std::nullopt;
}

std::optional<bool> WrittenValue::boolean() const {
  const auto number = integer();
  if (!number || (*number != 0 && *number != 1)) {
    return std::nullopt;
  }
  return *number == 1;
}

std::optional<ByteView> WrittenValue::bytes() const {
  return kind_ == Kind::kInteger ? std::nullopt : std::optional(bytes_);
}

} // namespace tinyml::lwm2m
