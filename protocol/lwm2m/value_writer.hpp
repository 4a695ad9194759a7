// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/object_ids.hpp"
#include "protocol/lwm2m/path.hpp"
#include "protocol/senml/cbor.hpp"
#include "protocol/tlv/tlv.hpp"

#include <string_view>

namespace tinyml::lwm2m {

/// Writes the values of a read or notification into a buffer, in the content format that was asked
/// for: TLV (OMA LwM2M 1.1 core 7.4.3), SenML-CBOR (RFC 8428 section 6), or text and opaque for one
/// single value.
///
/// Values come one after the other, `id` being the resource's number or, between begin_list and
/// end_list, the resource instance's. What does not fit or does not suit the format is reported by
/// finish().
class ValueWriter {
public:
  /// `requested` is the path of the request: it decides how much nesting TLV shows and the base
  /// name of SenML.
  ValueWriter(Format format, const Path &requested, ByteSpan buffer);

  /// Everything until the next begin_instance belongs to this object instance.
  void begin_instance(std::uint16_t object, std::uint16_t instance);
  void end_instance();
  void begin_list(std::uint16_t resource);
  void end_list();

  void integer(std::uint16_t id, std::int64_t value);
  void boolean(std::uint16_t id, bool value);
  void real(std::uint16_t id, float value);
  void text(std::uint16_t id, std::string_view value);
  void opaque(std::uint16_t id, ByteView value);

  enum class Status : std::uint8_t {
    kOk,
    kTooLarge,      ///< the buffer is too small
    kNotAcceptable, ///< text or opaque for more than one value, or opaque for a number
    kNothing,       ///< no value was written
  };
  [[nodiscard]] Status finish();
  /// Bytes written, once finished.
  [[nodiscard]] std::size_t size() const { return size_; }

private:
  [[nodiscard]] bool wanted(std::uint16_t id);
  [[nodiscard]] tlv::Kind tlv_kind() const;
  template <typename Value> void senml(std::uint16_t id, const Value &value);
  void number_text(std::int64_t value);
  void plain(ByteView value);
  void bytes(std::uint16_t id, ByteView value, senml::Kind kind);

  Path requested_;
  Format format_;
  std::uint16_t object_ = 0;
  std::uint16_t instance_ = 0;
  std::uint16_t list_ = 0;
  std::uint16_t values_ = 0;
  bool in_list_ = false;
  bool instance_named_ = false; ///< SenML: the base name has been written
  bool unsuitable_ = false;
  std::size_t size_ = 0; ///< when finished
  std::size_t instance_mark_ = 0;
  std::size_t list_mark_ = 0;
  // Only the writer of the requested format has room.
  tlv::Writer tlv_;
  senml::CborWriter cbor_;
  ByteWriter plain_;
};

} // namespace tinyml::lwm2m
