// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "protocol/coap/block_option.hpp"
#include "protocol/coap/builder.hpp"
#include "protocol/coap/codes.hpp"
#include "protocol/coap/option.hpp"
#include "protocol/coap/token.hpp"

namespace tinyml::coap {

/// Why a datagram is not a CoAP message (RFC 7252 section 3).
enum class ParseError : std::uint8_t {
  kTooShort,        ///< not even a header
  kVersion,         ///< not version 1: to be ignored silently
  kTokenLength,     ///< token longer than 8 bytes or than the datagram
  kEmptyNotEmpty,   ///< code 0.00 with more than a header
  kOptionReserved,  ///< nibble 15 where no payload marker may be
  kOptionTruncated, ///< an option runs past the end
  kOptionNumber,    ///< the deltas add up to more than 65535
  kEmptyPayload,    ///< a payload marker and nothing behind it
};

/// A validated view of one datagram: nothing is copied, it lives as long as the datagram.
class MessageView {
public:
  MessageView() = default;

  [[nodiscard]] static Result<MessageView, ParseError> parse(ByteView datagram);

  [[nodiscard]] Type type() const { return static_cast<Type>((header_[0] >> 4U) & 3U); }
  [[nodiscard]] Code code() const { return static_cast<Code>(header_[1]); }
  [[nodiscard]] std::uint16_t message_id() const { return load_be<std::uint16_t>(header_ + 2); }
  [[nodiscard]] Token token() const { return Token(ByteView(header_ + 4, header_[0] & 0xFU)); }
  [[nodiscard]] ByteView payload() const { return payload_; }
  [[nodiscard]] std::string_view payload_text() const { return as_text(payload_); }

  /// All options in order, as they were sent.
  [[nodiscard]] OptionRange options() const { return OptionRange(options_); }
  /// The first option of that number that has a legal length. (One of illegal length counts as
  /// unrecognised, RFC 7252 section 5.4.3.)
  [[nodiscard]] std::optional<Option> find(OptionNumber number) const;
  [[nodiscard]] std::optional<std::uint32_t> find_uint(OptionNumber number) const;
  [[nodiscard]] bool has(OptionNumber number) const { return find(number).has_value(); }
  /// Block1 or Block2; nothing when absent or with the reserved exponent 7.
  [[nodiscard]] std::optional<Block> block(OptionNumber number) const;
  [[nodiscard]] std::optional<ContentFormat> content_format() const;
  [[nodiscard]] std::optional<ContentFormat> accept() const;

  /// The first critical option that makes the message unacceptable: unknown to us, of illegal
  /// length, or a second one of a kind that may occur once (RFC 7252 sections 5.4.1, 5.4.3, 5.4.5).
  [[nodiscard]] std::optional<OptionNumber> unacceptable_option() const;

  /// Is the path exactly this, segments joined by '/', without a leading one ("rd/5a3f")?
  [[nodiscard]] bool path_is(std::string_view path) const;
  /// The index-th Uri-Path segment (or Location-Path of a response).
  [[nodiscard]] std::optional<std::string_view>
  path_segment(std::size_t index, OptionNumber number = OptionNumber::kUriPath) const;
  [[nodiscard]] std::size_t path_size(OptionNumber number = OptionNumber::kUriPath) const;
  /// The value of the first Uri-Query "key=value" (or "key" alone: an empty value).
  [[nodiscard]] std::optional<std::string_view> query(std::string_view key) const;

private:
  static constexpr std::uint8_t kNoHeader[4] = {};

  const std::uint8_t *header_ = kNoHeader;
  ByteView options_;
  ByteView payload_;
};

} // namespace tinyml::coap
