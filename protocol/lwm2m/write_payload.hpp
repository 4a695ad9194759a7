// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/message.hpp"
#include "protocol/lwm2m/object_ids.hpp"
#include "protocol/lwm2m/path.hpp"
#include "protocol/lwm2m/written_value.hpp"
#include "protocol/senml/cbor.hpp"
#include "protocol/tlv/tlv.hpp"

namespace tinyml::lwm2m {

/// The values in the payload of a write, one after the other: text or opaque for a single resource,
/// TLV or SenML-CBOR for one or more below the written path.
///
///     WritePayload payload(path, request);
///     while (payload.next()) { ... payload.path(), payload.value() ... }
///     code = payload.code();
class WritePayload {
public:
  WritePayload(const Path &target, const coap::MessageView &request);

  /// Steps to the next value; false at the end or at the first malformed one.
  [[nodiscard]] bool next();
  [[nodiscard]] const Path &path() const { return path_; }
  [[nodiscard]] const WrittenValue &value() const { return value_; }
  /// kChanged when everything was well-formed, otherwise what to answer.
  [[nodiscard]] coap::Code code() const { return code_; }

private:
  bool next_single();
  bool next_tlv();
  bool next_senml();
  bool fail(coap::Code code);

  Path target_;
  Path path_;
  Format format_;
  ByteView payload_;
  tlv::LeafReader tlv_;
  senml::CborReader cbor_;
  WrittenValue value_ = WrittenValue::from_integer(0);
  coap::Code code_ = coap::Code::kChanged;
  bool done_ = false;
};

} // namespace tinyml::lwm2m
