// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/value_writer.hpp"

#include <bit>
#include <cstring>

namespace tinyml::lwm2m {
namespace {

// Kinds of a TLV, OMA LwM2M 1.1 core table 7.4.3-1.
constexpr std::uint8_t kTlvInstance = 0x00;
constexpr std::uint8_t kTlvResourceInstance = 0x40;
constexpr std::uint8_t kTlvList = 0x80;
constexpr std::uint8_t kTlvResource = 0xC0;

// CBOR labels of SenML, RFC 8428 table 4; negative ones as CBOR writes them (-1 - n).
constexpr std::uint8_t kBaseName = 0x21; // -2
constexpr std::uint8_t kName = 0x00;
constexpr std::uint8_t kValue = 0x02;
constexpr std::uint8_t kStringValue = 0x03;
constexpr std::uint8_t kBooleanValue = 0x04;
constexpr std::uint8_t kDataValue = 0x08;

constexpr std::uint8_t kCborUnsigned = 0 << 5;
constexpr std::uint8_t kCborNegative = 1 << 5;
constexpr std::uint8_t kCborBytes = 2 << 5;
constexpr std::uint8_t kCborText = 3 << 5;
constexpr std::uint8_t kCborMap = 5 << 5;
constexpr std::uint8_t kCborArray8 = (4 << 5) | 24; // the count follows in one byte
constexpr std::uint8_t kCborFloat32 = (7 << 5) | 26;
constexpr std::uint8_t kCborFalse = (7 << 5) | 20;

struct TlvHeader {
  std::uint8_t bytes[6];
  std::uint8_t size;
};

TlvHeader tlv_header(std::uint8_t kind, std::uint16_t id, std::size_t length) {
  TlvHeader header{};
  header.size = 1;
  if (id > 0xFF) {
    kind |= 0x20;
    header.bytes[header.size++] = static_cast<std::uint8_t>(id >> 8);
  }
  header.bytes[header.size++] = static_cast<std::uint8_t>(id);
  if (length < 8) {
    kind |= static_cast<std::uint8_t>(length);
  } else if (length <= 0xFF) {
    kind |= 0x08;
    header.bytes[header.size++] = static_cast<std::uint8_t>(length);
  } else {
    kind |= 0x10;
    header.bytes[header.size++] = static_cast<std::uint8_t>(length >> 8);
    header.bytes[header.size++] = static_cast<std::uint8_t>(length);
  }
  header.bytes[0] = kind;
  return header;
}

/// The shortest of 1, 2, 4 and 8 bytes that holds the value.
std::size_t integer_bytes(std::int64_t value) {
  std::size_t bytes = 1;
  while (bytes < 8) {
    const unsigned bits = static_cast<unsigned>(8 * bytes - 1);
    if (value >> bits == 0 || value >> bits == -1) {
      break;
    }
    bytes *= 2;
  }
  return bytes;
}

/// Six decimals by integer arithmetic only, so that no floating-point library is linked. False for
/// what does not fit 40 bits before the point, infinities and NaN.
bool put_real_text(ByteWriter &out, float value) {
  constexpr std::uint64_t kMicro = 1'000'000;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const unsigned exponent = (bits >> 23) & 0xFF;
  const std::uint64_t mantissa = exponent == 0 ? 0 : ((bits & 0x7FFFFF) | 0x800000);
  if (exponent > 166) {
    return false;
  }
  const unsigned shift = exponent < 150 ? 150 - exponent : 0;
  const std::uint64_t micros =
      shift == 0
          ? (mantissa << (exponent - 150)) * kMicro
          : (shift > 60 ? 0 : (mantissa * kMicro + (std::uint64_t{1} << (shift - 1))) >> shift);
  if ((bits >> 31) != 0) {
    out.put(static_cast<std::uint8_t>('-'));
  }
  put_decimal(out, micros / kMicro);
  out.put(static_cast<std::uint8_t>('.'));
  for (std::uint32_t rest = static_cast<std::uint32_t>(micros % kMicro), unit = 100'000; unit != 0;
       rest %= unit, unit /= 10) {
    out.put(static_cast<std::uint8_t>('0' + rest / unit));
  }
  return true;
}

} // namespace

ValueWriter::ValueWriter(Format format, const Path &requested, ByteSpan buffer)
    : buffer_(buffer), requested_(requested), format_(format) {
  if (format_ == Format::kSenmlCbor) {
    put_byte(kCborArray8);
    put_byte(0);
  }
}

void ValueWriter::put(ByteView bytes) {
  if (overflown_ || bytes.size() > buffer_.size() - size_) {
    overflown_ = true;
    return;
  }
  if (!bytes.empty()) {
    std::memcpy(buffer_.data() + size_, bytes.data(), bytes.size());
  }
  size_ += bytes.size();
}

void ValueWriter::begin_instance(std::uint16_t object, std::uint16_t instance) {
  object_ = object;
  instance_ = instance;
  instance_start_ = size_;
  instance_named_ = false;
}

void ValueWriter::end_instance() {
  if (format_ == Format::kTlv && requested_.depth < 2) {
    close_tlv(instance_start_, kTlvInstance, instance_);
  }
}

void ValueWriter::begin_list(std::uint16_t resource) {
  in_list_ = true;
  list_ = resource;
  list_start_ = size_;
}

void ValueWriter::end_list() {
  in_list_ = false;
  if (format_ == Format::kTlv && requested_.depth < 4) {
    close_tlv(list_start_, kTlvList, list_);
  }
}

/// Puts a header before everything since `start`.
void ValueWriter::close_tlv(std::size_t start, std::uint8_t kind, std::uint16_t id) {
  const TlvHeader header = tlv_header(kind, id, size_ - start);
  if (overflown_ || header.size > buffer_.size() - size_) {
    overflown_ = true;
    return;
  }
  std::memmove(buffer_.data() + start + header.size, buffer_.data() + start, size_ - start);
  std::memcpy(buffer_.data() + start, header.bytes, header.size);
  size_ += header.size;
}

bool ValueWriter::wanted(std::uint16_t id) {
  if (requested_.depth == Path::kMaxDepth && (!in_list_ || id != requested_.resource_instance())) {
    return false;
  }
  ++values_;
  return true;
}

void ValueWriter::tlv(std::uint16_t id, ByteView value) {
  const TlvHeader header =
      tlv_header(in_list_ ? kTlvResourceInstance : kTlvResource, id, value.size());
  put(ByteView(header.bytes, header.size));
  put(value);
}

void ValueWriter::plain(ByteView value) {
  unsuitable_ = unsuitable_ || values_ > 1;
  put(value);
}

void ValueWriter::cbor_head(std::uint8_t major, std::uint64_t argument) {
  std::uint8_t bytes[8];
  store_be(bytes, argument);
  if (argument < 24) {
    return put_byte(static_cast<std::uint8_t>(major | argument));
  }
  const unsigned width = argument <= 0xFF         ? 0
                         : argument <= 0xFFFF     ? 1
                         : argument <= 0xFFFFFFFF ? 2
                                                  : 3;
  put_byte(static_cast<std::uint8_t>(major | (24 + width)));
  put(ByteView(bytes).last(std::size_t{1} << width));
}

/// Everything of a record before its value; the first of an instance carries the base name.
void ValueWriter::senml_name(std::uint16_t id, std::uint8_t value_label) {
  const bool first = !instance_named_;
  instance_named_ = true;
  cbor_head(kCborMap, first ? 3 : 2);
  std::uint8_t text[24];
  if (first) {
    ByteWriter base{ByteSpan(text)};
    put_path(base, Path::of(object_, instance_));
    base.put(static_cast<std::uint8_t>('/'));
    put_byte(kBaseName);
    cbor_head(kCborText, base.size());
    put(base.written());
  }
  ByteWriter name{ByteSpan(text)};
  put_decimal(name, in_list_ ? list_ : id);
  if (in_list_) {
    name.put(static_cast<std::uint8_t>('/'));
    put_decimal(name, id);
  }
  put_byte(kName);
  cbor_head(kCborText, name.size());
  put(name.written());
  put_byte(value_label);
}

void ValueWriter::number_text(std::int64_t value) {
  std::uint8_t text[24];
  ByteWriter digits{ByteSpan(text)};
  if (value < 0) {
    digits.put(static_cast<std::uint8_t>('-'));
  }
  put_decimal(digits, value < 0 ? 0 - static_cast<std::uint64_t>(value)
                                : static_cast<std::uint64_t>(value));
  plain(digits.written());
}

void ValueWriter::integer(std::uint16_t id, std::int64_t value) {
  if (!wanted(id)) {
    return;
  }
  std::uint8_t bytes[8];
  store_be(bytes, static_cast<std::uint64_t>(value));
  switch (format_) {
  case Format::kTlv:
    return tlv(id, ByteView(bytes).last(integer_bytes(value)));
  case Format::kSenmlCbor:
    senml_name(id, kValue);
    return value < 0 ? cbor_head(kCborNegative, ~static_cast<std::uint64_t>(value))
                     : cbor_head(kCborUnsigned, static_cast<std::uint64_t>(value));
  case Format::kText:
    return number_text(value);
  default:
    unsuitable_ = true;
  }
}

void ValueWriter::boolean(std::uint16_t id, bool value) {
  if (format_ != Format::kSenmlCbor) {
    return integer(id, value ? 1 : 0);
  }
  if (wanted(id)) {
    senml_name(id, kBooleanValue);
    put_byte(static_cast<std::uint8_t>(kCborFalse + (value ? 1 : 0)));
  }
}

void ValueWriter::real(std::uint16_t id, float value) {
  if (!wanted(id)) {
    return;
  }
  std::uint8_t bytes[4];
  store_be(bytes, std::bit_cast<std::uint32_t>(value));
  std::uint8_t text[24];
  ByteWriter digits{ByteSpan(text)};
  switch (format_) {
  case Format::kTlv:
    return tlv(id, ByteView(bytes));
  case Format::kSenmlCbor:
    senml_name(id, kValue);
    put_byte(kCborFloat32);
    return put(ByteView(bytes));
  case Format::kText:
    unsuitable_ = !put_real_text(digits, value) || unsuitable_;
    return plain(digits.written());
  default:
    unsuitable_ = true;
  }
}

void ValueWriter::bytes(std::uint16_t id, ByteView value, std::uint8_t cbor_major,
                        std::uint8_t senml_label) {
  if (!wanted(id)) {
    return;
  }
  switch (format_) {
  case Format::kTlv:
    return tlv(id, value);
  case Format::kSenmlCbor:
    senml_name(id, senml_label);
    cbor_head(cbor_major, value.size());
    return put(value);
  default:
    return plain(value);
  }
}

void ValueWriter::text(std::uint16_t id, std::string_view value) {
  bytes(id, as_bytes(value), kCborText, kStringValue);
}

void ValueWriter::opaque(std::uint16_t id, ByteView value) {
  // Plain text would need base64 (OMA LwM2M 1.1 core 7.4.1); we offer opaque instead.
  unsuitable_ = unsuitable_ || format_ == Format::kText;
  bytes(id, value, kCborBytes, kDataValue);
}

ValueWriter::Status ValueWriter::finish() {
  if (overflown_ || values_ > 0xFF) {
    return Status::kTooLarge;
  }
  if (unsuitable_) {
    return Status::kNotAcceptable;
  }
  if (format_ == Format::kSenmlCbor) {
    buffer_[1] = static_cast<std::uint8_t>(values_);
  }
  return values_ == 0 ? Status::kNothing : Status::kOk;
}

} // namespace tinyml::lwm2m
