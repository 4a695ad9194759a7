// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/option.hpp"

namespace tinyml::coap {
namespace {

// RFC 7252 section 3.1: nibbles up to 12 are the value, 13 and 14 announce one or two more bytes.
constexpr std::uint32_t kOneByteBias = 13;
constexpr std::uint32_t kTwoByteBias = 269;
constexpr std::uint8_t kReservedNibble = 15;

bool extend(std::uint32_t &value, ByteReader &reader) {
  if (value == kReservedNibble) {
    return false;
  }
  if (value == 13) {
    const auto byte = reader.take(1);
    value = byte ? byte->front() + kOneByteBias : 0;
    return byte.has_value();
  }
  if (value == 14) {
    const auto bytes = reader.take(2);
    value = bytes ? load_be<std::uint16_t>(bytes->data()) + kTwoByteBias : 0;
    return bytes.has_value();
  }
  return true;
}

std::uint8_t nibble_of(std::size_t value) {
  if (value < kOneByteBias) {
    return static_cast<std::uint8_t>(value);
  }
  return value < kTwoByteBias ? 13 : 14;
}

std::uint8_t *put_extension(std::uint8_t *to, std::size_t value) {
  if (value >= kTwoByteBias) {
    store_be(to, static_cast<std::uint16_t>(value - kTwoByteBias));
    return to + 2;
  }
  if (value >= kOneByteBias) {
    *to++ = static_cast<std::uint8_t>(value - kOneByteBias);
  }
  return to;
}

struct Format {
  std::uint16_t number;
  std::uint16_t min_bytes : 4;
  std::uint16_t max_bytes : 11;
  std::uint16_t repeatable : 1;
};

// RFC 7252 table 4, RFC 7641 section 2, RFC 7959 sections 2.1 and 4, RFC 7967, RFC 9175. If-Match
// and If-None-Match are left out on purpose: nobody here evaluates a precondition, and a critical
// option that is not evaluated must be refused.
constexpr Format kFormats[] = {
    {3, 1, 255, 0},  {4, 1, 8, 1},  {6, 0, 3, 0},    {7, 0, 2, 0},    {8, 0, 255, 1},
    {11, 0, 255, 1}, {12, 0, 2, 0}, {14, 0, 4, 0},   {15, 0, 255, 1}, {17, 0, 2, 0},
    {20, 0, 255, 1}, {23, 0, 3, 0}, {27, 0, 3, 0},   {28, 0, 4, 0},   {35, 1, 1034, 0},
    {39, 1, 255, 0}, {60, 0, 4, 0}, {252, 1, 40, 0}, {258, 0, 1, 0},  {292, 0, 8, 1},
};

const Format *format_of(OptionNumber number) {
  for (const Format &format : kFormats) {
    if (format.number == static_cast<std::uint16_t>(number)) {
      return &format;
    }
  }
  return nullptr;
}

} // namespace

OptionHeader decode_option_header(ByteView encoded) {
  if (encoded.empty()) {
    return {};
  }
  OptionHeader header{encoded[0] / 16U, encoded[0] % 16U, 0};
  ByteReader reader(encoded.subspan(1));
  if (extend(header.delta, reader) && extend(header.length, reader)) {
    header.header_bytes = static_cast<std::uint8_t>(encoded.size() - reader.remaining());
  }
  return header;
}

std::size_t encode_option_header(std::uint8_t *to, unsigned delta, std::size_t length) {
  *to = static_cast<std::uint8_t>((nibble_of(delta) << 4U) | nibble_of(length));
  return static_cast<std::size_t>(put_extension(put_extension(to + 1, delta), length) - to);
}

bool has_legal_length(const Option &option) {
  const Format *format = format_of(option.number);
  return format != nullptr && option.value.size() >= format->min_bytes &&
         option.value.size() <= format->max_bytes;
}

bool is_repeatable(OptionNumber number) {
  const Format *format = format_of(number);
  return format == nullptr || format->repeatable != 0;
}

void OptionIterator::step() {
  at_ = next_;
  if (at_ == end_) {
    return;
  }
  const OptionHeader header = decode_option_header({at_, end_});
  option_.number =
      static_cast<OptionNumber>(static_cast<std::uint32_t>(option_.number) + header.delta);
  option_.value = {at_ + header.header_bytes, header.length};
  next_ = at_ + header.header_bytes + header.length;
}

} // namespace tinyml::coap
