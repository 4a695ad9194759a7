// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/write_payload.hpp"

namespace tinyml::lwm2m {
namespace {

/// Our resources take integers, booleans, text and bytes; nothing is a float.
std::optional<WrittenValue> written(const senml::Value &value) {
  switch (value.kind) {
  case senml::Kind::kInteger:
    return WrittenValue::from_integer(value.integer);
  case senml::Kind::kBoolean:
    return WrittenValue::from_integer(value.boolean ? 1 : 0);
  case senml::Kind::kText:
  case senml::Kind::kOpaque:
    return WrittenValue::from_binary(value.bytes);
  default:
    return std::nullopt;
  }
}

} // namespace

WritePayload::WritePayload(const Path &target, const coap::MessageView &request)
    : target_(target),
      format_(static_cast<Format>(request.content_format().value_or(coap::ContentFormat::kText))),
      payload_(request.payload()), tlv_(format_ == Format::kTlv ? payload_ : ByteView()),
      cbor_(format_ == Format::kSenmlCbor ? payload_ : ByteView()) {}

bool WritePayload::fail(coap::Code code) {
  code_ = code;
  return false;
}

bool WritePayload::next() {
  if (done_ || code_ != coap::Code::kChanged) {
    return false;
  }
  switch (format_) {
  case Format::kText:
  case Format::kOpaque:
    return next_single();
  case Format::kTlv:
    return next_tlv();
  case Format::kSenmlCbor:
    return next_senml();
  default:
    return fail(coap::Code::kUnsupportedContentFormat);
  }
}

bool WritePayload::next_single() {
  done_ = true;
  if (target_.depth != 3) {
    return fail(coap::Code::kBadRequest);
  }
  path_ = target_;
  value_ = format_ == Format::kText ? WrittenValue::from_text(payload_)
                                    : WrittenValue::from_binary(payload_);
  return true;
}

bool WritePayload::next_tlv() {
  const auto leaf = tlv_.next();
  if (!leaf) {
    return tlv_.error() == tlv::Error::kNone ? false : fail(coap::Code::kBadRequest);
  }
  path_ = target_.depth == 2 ? target_.child(leaf->resource) : target_;
  const bool placed = target_.depth >= 2 && leaf->resource == path_.resource() &&
                      leaf->resource_instance == tlv::Leaf::kNoId;
  value_ = WrittenValue::from_binary(leaf->value);
  return placed || fail(coap::Code::kBadRequest);
}

bool WritePayload::next_senml() {
  const auto record = cbor_.next();
  if (!record) {
    return cbor_.error() == senml::Error::kNone ? false : fail(coap::Code::kBadRequest);
  }
  std::uint8_t text[32];
  const auto name = record->full_name(text);
  const auto path = name ? parse_path(*name) : std::nullopt;
  const auto value = written(record->value);
  if (!path || !target_.contains(*path) || !value) {
    return fail(coap::Code::kBadRequest);
  }
  path_ = *path;
  value_ = *value;
  return true;
}

} // namespace tinyml::lwm2m
