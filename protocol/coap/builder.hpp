// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/block_option.hpp"
#include "protocol/coap/codes.hpp"
#include "protocol/coap/token.hpp"

namespace tinyml::coap {

struct Option;

/// Writes one message into a caller's buffer. Options may be added in any order (in ascending order
/// it is faster); the payload comes last. What does not fit marks the builder as overflown and is
/// checked once, at the end: `if (!builder.ok())`.
class MessageBuilder {
public:
  MessageBuilder() = default; ///< has no room: never ok()
  MessageBuilder(ByteSpan buffer, Type type, Code code, std::uint16_t message_id,
                 const Token &token);

  MessageBuilder &option(OptionNumber number, ByteView value);
  MessageBuilder &option(OptionNumber number, std::string_view text) {
    return option(number, as_bytes(text));
  }
  /// Shortest big-endian form; zero is the empty value (RFC 7252 section 3.2).
  MessageBuilder &option_uint(OptionNumber number, std::uint32_t value);
  MessageBuilder &content_format(ContentFormat format) {
    return option_uint(OptionNumber::kContentFormat, static_cast<std::uint32_t>(format));
  }
  MessageBuilder &accept(ContentFormat format) {
    return option_uint(OptionNumber::kAccept, static_cast<std::uint32_t>(format));
  }
  MessageBuilder &block(OptionNumber number, Block block) {
    return option_uint(number, block.to_uint());
  }
  /// One option for each segment of "a/b/c"; a leading '/' is skipped. As Uri-Path by default.
  MessageBuilder &path(std::string_view segments, OptionNumber number = OptionNumber::kUriPath);
  MessageBuilder &query(std::string_view key_value) {
    return option(OptionNumber::kUriQuery, key_value);
  }

  MessageBuilder &payload(ByteView bytes);
  MessageBuilder &payload(std::string_view text) { return payload(as_bytes(text)); }
  /// To write the payload in place: the room there is; end_payload says how much of it was used.
  [[nodiscard]] ByteSpan begin_payload();
  MessageBuilder &end_payload(std::size_t used_bytes);

  [[nodiscard]] bool ok() const { return !overflown_; }
  [[nodiscard]] ByteView bytes() const { return ByteView(buffer_).first(size_); }
  [[nodiscard]] std::size_t room() const { return buffer_.size() - size_; }
  /// Changes the code of a message that was begun with another one.
  MessageBuilder &code(Code code);

private:
  friend std::size_t insert_option(ByteSpan, std::size_t, const Option &);

  struct Position {
    std::size_t at;       ///< where the new option goes
    unsigned before;      ///< number of the option in front of it
    std::size_t next_end; ///< end of the next option's header; `at` when there is none
    unsigned next;        ///< number of the option behind it
    std::size_t next_length;
  };
  [[nodiscard]] Position position_of(unsigned number) const;
  bool open_gap(std::size_t at, std::size_t old_bytes, std::size_t new_bytes);

  ByteSpan buffer_;
  std::size_t size_ = 0;
  std::uint16_t last_number_ = 0;
  bool has_payload_ = false;
  bool overflown_ = true;
};

/// Adds one option to the finished message in the first `size_bytes` of `buffer`; returns the new
/// size, or 0 when there is no room or an option with a higher number is already there.
[[nodiscard]] std::size_t insert_option(ByteSpan buffer, std::size_t size_bytes,
                                        const Option &option);

} // namespace tinyml::coap
