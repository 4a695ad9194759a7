// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/message.hpp"

namespace tinyml::coap {
namespace {

constexpr std::size_t kHeaderBytes = 4;
constexpr std::uint8_t kPayloadMarker = 0xFF;
constexpr std::uint32_t kMaxOptionNumber = 65535;

struct OptionsEnd {
  std::size_t bytes = 0; ///< length of all options together
  std::optional<ParseError> error;
};

/// Validates the options; they end at the payload marker or at the end.
OptionsEnd measure_options(ByteView from) {
  std::size_t at = 0;
  std::uint32_t number = 0;
  while (at < from.size() && from[at] != kPayloadMarker) {
    const OptionHeader header = decode_option_header(from.subspan(at));
    if (header.header_bytes == 0) {
      const bool reserved = (from[at] >> 4U) == 15 || (from[at] & 0xFU) == 15;
      return {at, reserved ? ParseError::kOptionReserved : ParseError::kOptionTruncated};
    }
    at += header.header_bytes;
    if (header.length > from.size() - at) {
      return {at, ParseError::kOptionTruncated};
    }
    number += header.delta;
    if (number > kMaxOptionNumber) {
      return {at, ParseError::kOptionNumber};
    }
    at += header.length;
  }
  return {at, std::nullopt};
}

} // namespace

Result<MessageView, ParseError> MessageView::parse(ByteView datagram) {
  if (datagram.size() < kHeaderBytes) {
    return Failure{ParseError::kTooShort};
  }
  if ((datagram[0] >> 6U) != 1) {
    return Failure{ParseError::kVersion};
  }
  MessageView message;
  message.header_ = datagram.data();
  const std::size_t token_bytes = datagram[0] & 0xFU;
  if (token_bytes > kMaxTokenBytes || token_bytes > datagram.size() - kHeaderBytes) {
    return Failure{ParseError::kTokenLength};
  }
  if (message.code() == Code::kEmpty && datagram.size() != kHeaderBytes) {
    return Failure{ParseError::kEmptyNotEmpty};
  }
  const ByteView rest = datagram.subspan(kHeaderBytes + token_bytes);
  const OptionsEnd end = measure_options(rest);
  if (end.error) {
    return Failure{*end.error};
  }
  message.options_ = rest.first(end.bytes);
  if (end.bytes < rest.size()) {
    message.payload_ = rest.subspan(end.bytes + 1);
    if (message.payload_.empty()) {
      return Failure{ParseError::kEmptyPayload};
    }
  }
  return message;
}

std::optional<Option> MessageView::find(OptionNumber number) const {
  for (const Option &option : options()) {
    if (option.number == number && has_legal_length(option)) {
      return option;
    }
  }
  return std::nullopt;
}

std::optional<std::uint32_t> MessageView::find_uint(OptionNumber number) const {
  const auto option = find(number);
  return option ? std::optional(option->to_uint()) : std::nullopt;
}

std::optional<Block> MessageView::block(OptionNumber number) const {
  const auto value = find_uint(number);
  if (!value || Block::from_uint(*value).szx > kMaxSzx) {
    return std::nullopt;
  }
  return Block::from_uint(*value);
}

std::optional<ContentFormat> MessageView::content_format() const {
  const auto value = find_uint(OptionNumber::kContentFormat);
  return value ? std::optional(static_cast<ContentFormat>(*value)) : std::nullopt;
}

std::optional<ContentFormat> MessageView::accept() const {
  const auto value = find_uint(OptionNumber::kAccept);
  return value ? std::optional(static_cast<ContentFormat>(*value)) : std::nullopt;
}

std::optional<OptionNumber> MessageView::unacceptable_option() const {
  OptionNumber previous{};
  for (const Option &option : options()) {
    const bool supernumerary = option.number == previous && !is_repeatable(option.number);
    if (is_critical(option.number) && (supernumerary || !has_legal_length(option))) {
      return option.number;
    }
    previous = option.number;
  }
  return std::nullopt;
}

bool MessageView::path_is(std::string_view path) const {
  bool first = true;
  for (const Option &option : options()) {
    if (option.number != OptionNumber::kUriPath) {
      continue;
    }
    if (!first) {
      if (!path.starts_with('/')) {
        return false;
      }
      path.remove_prefix(1);
    }
    first = false;
    if (!path.starts_with(option.text())) {
      return false;
    }
    path.remove_prefix(option.value.size());
  }
  return path.empty();
}

std::optional<std::string_view> MessageView::path_segment(std::size_t index,
                                                          OptionNumber number) const {
  for (const Option &option : options()) {
    if (option.number == number && index-- == 0) {
      return option.text();
    }
  }
  return std::nullopt;
}

std::size_t MessageView::path_size(OptionNumber number) const {
  std::size_t count = 0;
  for (const Option &option : options()) {
    count += option.number == number ? 1U : 0U;
  }
  return count;
}

std::optional<std::string_view> MessageView::query(std::string_view key) const {
  for (const Option &option : options()) {
    std::string_view text = option.text();
    if (option.number != OptionNumber::kUriQuery || !text.starts_with(key)) {
      continue;
    }
    text.remove_prefix(key.size());
    if (text.empty() || text.front() == '=') {
      text.remove_prefix(text.empty() ? 0 : 1);
      return text;
    }
  }
  return std::nullopt;
}

} // namespace tinyml::coap
