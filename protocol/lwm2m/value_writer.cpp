// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/value_writer.hpp"

#include "base/divide.hpp"

#include <bit>

namespace tinyml::lwm2m {
namespace {

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
  std::uint64_t micros =
      shift == 0
          ? (mantissa << (exponent - 150)) * kMicro
          : (shift > 60 ? 0 : (mantissa * kMicro + (std::uint64_t{1} << (shift - 1))) >> shift);
  if ((bits >> 31) != 0) {
    out.put(static_cast<std::uint8_t>('-'));
  }
  const std::uint32_t low = divide_in_place(micros, 1000);
  const std::uint32_t high = divide_in_place(micros, 1000);
  put_decimal(out, micros);
  out.put(".");
  for (std::uint32_t rest = high * 1000 + low, unit = 100'000; unit != 0;
       rest %= unit, unit /= 10) {
    out.put(static_cast<std::uint8_t>('0' + rest / unit));
  }
  return true;
}

} // namespace

ValueWriter::ValueWriter(Format format, const Path &requested, ByteSpan buffer)
    : requested_(requested), format_(format), tlv_(format == Format::kTlv ? buffer : ByteSpan()),
      cbor_(format == Format::kSenmlCbor ? buffer : ByteSpan()), plain_(buffer) {}

void ValueWriter::begin_instance(std::uint16_t object, std::uint16_t instance) {
  object_ = object;
  instance_ = instance;
  instance_named_ = false;
  instance_mark_ = tlv_.begin();
}

void ValueWriter::end_instance() {
  if (format_ == Format::kTlv && requested_.depth < 2) {
    tlv_.end(instance_mark_, tlv::Kind::kObjectInstance, instance_);
  }
}

void ValueWriter::begin_list(std::uint16_t resource) {
  in_list_ = true;
  list_ = resource;
  list_mark_ = tlv_.begin();
}

void ValueWriter::end_list() {
  in_list_ = false;
  if (format_ == Format::kTlv && requested_.depth < 4 && tlv_.size() != list_mark_) {
    tlv_.end(list_mark_, tlv::Kind::kMultipleResource, list_);
  }
}

bool ValueWriter::wanted(std::uint16_t id) {
  if (requested_.depth == Path::kMaxDepth && (!in_list_ || id != requested_.resource_instance())) {
    return false;
  }
  ++values_;
  return true;
}

tlv::Kind ValueWriter::tlv_kind() const {
  return in_list_ ? tlv::Kind::kResourceInstance : tlv::Kind::kResource;
}

/// The first record of an instance carries the base name.
template <typename Value> void ValueWriter::senml(std::uint16_t id, const Value &value) {
  std::uint8_t base_text[16];
  ByteWriter base{ByteSpan(base_text)};
  if (!instance_named_) {
    put_path(base, Path::of(object_, instance_));
    base.put("/");
    cbor_.base_name(as_text(base.written()));
    instance_named_ = true;
  }
  std::uint8_t name_text[12];
  ByteWriter name{ByteSpan(name_text)};
  put_decimal(name, in_list_ ? list_ : id);
  if (in_list_) {
    name.put("/");
    put_decimal(name, id);
  }
  cbor_.record(as_text(name.written()), value);
}

void ValueWriter::plain(ByteView value) {
  unsuitable_ = unsuitable_ || values_ > 1;
  plain_.put(value);
}

void ValueWriter::number_text(std::int64_t value) {
  if (value < 0) {
    plain(as_bytes("-"));
  }
  std::uint8_t text[20];
  ByteWriter digits{ByteSpan(text)};
  const auto magnitude = static_cast<std::uint64_t>(value);
  put_decimal(digits, value < 0 ? 0 - magnitude : magnitude);
  plain(digits.written());
}

void ValueWriter::integer(std::uint16_t id, std::int64_t value) {
  if (!wanted(id)) {
    return;
  }
  switch (format_) {
  case Format::kTlv:
    return tlv_.integer(tlv_kind(), id, value);
  case Format::kSenmlCbor:
    return senml(id, senml::Value::of(value));
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
    senml(id, senml::Value::of(value));
  }
}

void ValueWriter::real(std::uint16_t id, float value) {
  if (!wanted(id)) {
    return;
  }
  switch (format_) {
  case Format::kTlv:
    return tlv_.float32(tlv_kind(), id, value);
  case Format::kSenmlCbor:
    return senml(id, value);
  case Format::kText:
    unsuitable_ = !put_real_text(plain_, value) || unsuitable_ || values_ > 1;
    return;
  default:
    unsuitable_ = true;
  }
}

void ValueWriter::bytes(std::uint16_t id, ByteView value, senml::Kind kind) {
  if (!wanted(id)) {
    return;
  }
  switch (format_) {
  case Format::kTlv:
    return tlv_.opaque(tlv_kind(), id, value);
  case Format::kSenmlCbor:
    return senml(id, senml::Value{.kind = kind, .bytes = value});
  default:
    return plain(value);
  }
}

void ValueWriter::text(std::uint16_t id, std::string_view value) {
  bytes(id, as_bytes(value), senml::Kind::kText);
}

void ValueWriter::opaque(std::uint16_t id, ByteView value) {
  // Plain text would need base64 (OMA LwM2M 1.1 core 7.4.1); we offer opaque instead.
  unsuitable_ = unsuitable_ || format_ == Format::kText;
  bytes(id, value, senml::Kind::kOpaque);
}

ValueWriter::Status ValueWriter::finish() {
  if (unsuitable_) {
    return Status::kNotAcceptable;
  }
  if (values_ == 0) {
    return Status::kNothing;
  }
  bool fits = false;
  switch (format_) {
  case Format::kTlv:
    fits = tlv_.ok();
    size_ = tlv_.size();
    break;
  case Format::kSenmlCbor:
    size_ = cbor_.finish().size();
    fits = size_ != 0;
    break;
  default:
    fits = !plain_.overflown();
    size_ = plain_.size();
  }
  return fits ? Status::kOk : Status::kTooLarge;
}

} // namespace tinyml::lwm2m
