// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/write_payload.hpp"

namespace tinyml::lwm2m {

WritePayload::WritePayload(const Path &target, const coap::MessageView &request)
    : target_(target),
      format_(static_cast<Format>(request.content_format().value_or(coap::ContentFormat::kText))),
      rest_(request.payload()) {}

bool WritePayload::next() {
  if (done_ || code_ != coap::Code::kChanged) {
    return false;
  }
  switch (format_) {
  case Format::kText:
  case Format::kOpaque:
    return single();
  default:
    code_ = coap::Code::kUnsupportedContentFormat;
    return false;
  }
}

bool WritePayload::single() {
  done_ = true;
  if (target_.depth != 3) {
    code_ = coap::Code::kBadRequest;
    return false;
  }
  path_ = target_;
  value_ =
      format_ == Format::kText ? WrittenValue::from_text(rest_) : WrittenValue::from_binary(rest_);
  return true;
}

} // namespace tinyml::lwm2m
