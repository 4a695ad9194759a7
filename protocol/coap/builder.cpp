// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/builder.hpp"

#include "protocol/coap/option.hpp"

namespace tinyml::coap {
namespace {

constexpr std::size_t kHeaderBytes = 4;
constexpr std::size_t kMaxOptionHeaderBytes = 5;
constexpr std::uint8_t kPayloadMarker = 0xFF;

} // namespace

MessageBuilder::MessageBuilder(ByteSpan buffer, Type type, Code code, std::uint16_t message_id,
                               const Token &token)
    : buffer_(buffer), overflown_(buffer.size() < kHeaderBytes + token.size()) {
  if (overflown_) {
    return;
  }
  buffer[0] = static_cast<std::uint8_t>(0x40U | (static_cast<unsigned>(type) << 4U) | token.size());
  buffer[1] = static_cast<std::uint8_t>(code);
  store_be(buffer.data() + 2, message_id);
  std::copy_n(token.bytes().begin(), token.size(), buffer.begin() + kHeaderBytes);
  size_ = kHeaderBytes + token.size();
}

MessageBuilder &MessageBuilder::code(Code code) {
  if (ok()) {
    buffer_[1] = static_cast<std::uint8_t>(code);
  }
  return *this;
}

/// Where an option of this number belongs: behind all of the same or a lower number.
MessageBuilder::Position MessageBuilder::position_of(unsigned number) const {
  std::size_t at = kHeaderBytes + (buffer_[0] & 0xFU);
  unsigned before = 0;
  while (number < last_number_) {
    const OptionHeader header = decode_option_header(bytes().subspan(at));
    if (before + header.delta > number) {
      return {at, before, at + header.header_bytes, before + header.delta, header.length};
    }
    before += header.delta;
    at += header.header_bytes + header.length;
  }
  return {size_, last_number_, size_, 0, 0};
}

/// Makes the `old_bytes` at `at` into `new_bytes`, moving what lies behind.
bool MessageBuilder::open_gap(std::size_t at, std::size_t old_bytes, std::size_t new_bytes) {
  if (new_bytes > old_bytes && new_bytes - old_bytes > room()) {
    overflown_ = true;
    return false;
  }
  std::memmove(buffer_.data() + at + new_bytes, buffer_.data() + at + old_bytes,
               size_ - at - old_bytes);
  size_ = size_ - old_bytes + new_bytes;
  return true;
}

MessageBuilder &MessageBuilder::option(OptionNumber number, ByteView value) {
  if (overflown_ || has_payload_) { // an option behind the payload is our own mistake
    overflown_ = true;
    return *this;
  }
  const auto wanted = static_cast<unsigned>(number);
  const Position position = position_of(wanted);
  std::uint8_t own[kMaxOptionHeaderBytes];
  std::uint8_t next[kMaxOptionHeaderBytes];
  const std::size_t own_bytes = encode_option_header(own, wanted - position.before, value.size());
  std::size_t next_bytes = 0;
  if (position.next_end != position.at) { // the option behind now counts from this one
    next_bytes = encode_option_header(next, position.next - wanted, position.next_length);
  } else {
    last_number_ = static_cast<std::uint16_t>(wanted);
  }
  if (!open_gap(position.at, position.next_end - position.at,
                own_bytes + value.size() + next_bytes)) {
    return *this;
  }
  std::uint8_t *to = std::copy_n(own, own_bytes, buffer_.data() + position.at);
  to = std::copy_n(value.data(), value.size(), to);
  std::copy_n(next, next_bytes, to);
  return *this;
}

MessageBuilder &MessageBuilder::option_uint(OptionNumber number, std::uint32_t value) {
  std::uint8_t bytes[4];
  store_be(bytes, value);
  std::size_t zeros = 0;
  while (zeros < 4 && bytes[zeros] == 0) {
    ++zeros;
  }
  return option(number, ByteView(bytes).subspan(zeros));
}

MessageBuilder &MessageBuilder::path(std::string_view segments, OptionNumber number) {
  if (segments.starts_with('/')) {
    segments.remove_prefix(1);
  }
  while (!segments.empty()) {
    const std::size_t end = std::min(segments.find('/'), segments.size());
    option(number, std::string_view(segments.data(), end));
    segments.remove_prefix(std::min(end + 1, segments.size()));
  }
  return *this;
}

ByteSpan MessageBuilder::begin_payload() {
  if (overflown_ || has_payload_ || room() == 0) {
    overflown_ = true;
    return {};
  }
  has_payload_ = true;
  buffer_[size_++] = kPayloadMarker;
  return buffer_.subspan(size_);
}

MessageBuilder &MessageBuilder::end_payload(std::size_t used_bytes) {
  if (overflown_ || used_bytes > room()) {
    overflown_ = true;
  } else if (used_bytes == 0) { // RFC 7252 section 3: no marker without a payload
    --size_;
    has_payload_ = false;
  } else {
    size_ += used_bytes;
  }
  return *this;
}

MessageBuilder &MessageBuilder::payload(ByteView bytes) {
  if (bytes.empty()) {
    return *this;
  }
  const ByteSpan to = begin_payload();
  if (bytes.size() > to.size()) {
    overflown_ = true;
    return *this;
  }
  std::copy_n(bytes.data(), bytes.size(), to.data());
  return end_payload(bytes.size());
}

std::size_t insert_option(ByteSpan buffer, std::size_t size_bytes, const Option &option) {
  std::size_t end = kHeaderBytes + (buffer[0] & 0xFU);
  unsigned last_number = 0;
  while (end < size_bytes && buffer[end] != kPayloadMarker) {
    const OptionHeader header = decode_option_header(ByteView(buffer).subspan(end));
    last_number += header.delta;
    end += header.header_bytes + header.length;
  }
  const std::size_t rest_bytes = size_bytes - end;
  const std::size_t parked = buffer.size() - rest_bytes;
  std::memmove(buffer.data() + parked, buffer.data() + end, rest_bytes);
  MessageBuilder builder;
  builder.buffer_ = buffer.first(parked);
  builder.size_ = end;
  builder.last_number_ = static_cast<std::uint16_t>(last_number);
  builder.overflown_ = false;
  builder.option(option.number, option.value);
  std::memmove(buffer.data() + builder.size_, buffer.data() + parked, rest_bytes);
  return builder.ok() ? builder.size_ + rest_bytes : 0;
}

} // namespace tinyml::coap
