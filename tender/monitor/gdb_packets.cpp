// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/gdb_packets.hpp"

#include <algorithm>

namespace tinyml::tender {
namespace {

constexpr char kDigits[] = "0123456789abcdef";
constexpr char kControlC = 3;

} // namespace

GdbPacketReader::Event GdbPacketReader::take(char byte) {
  const int digit = hex_value(byte);
  switch (state_) {
  case State::kOutside:
    if (byte == '$') {
      state_ = State::kInside;
      too_long_ = false;
      sum_ = 0;
      size_ = 0;
    }
    return byte == kControlC ? Event::kInterrupt : Event::kNothing;
  case State::kInside:
    if (byte == '#') {
      state_ = State::kFirstDigit;
    } else {
      sum_ = static_cast<std::uint8_t>(sum_ + static_cast<std::uint8_t>(byte));
      too_long_ = too_long_ || size_ == kLargestPacket;
      if (!too_long_) {
        text_[size_++] = byte;
      }
    }
    return Event::kNothing;
  case State::kFirstDigit:
    told_sum_ = static_cast<std::uint8_t>(std::max(digit, 0) << 4);
    state_ = State::kSecondDigit;
    return Event::kNothing;
  case State::kSecondDigit:
    state_ = State::kOutside;
    told_sum_ = static_cast<std::uint8_t>(told_sum_ | std::max(digit, 0));
    return told_sum_ == sum_ && !too_long_ ? Event::kPacket : Event::kDamaged;
  }
  return Event::kNothing;
}

void GdbAnswer::put(std::string_view text) {
  const std::size_t part = std::min(text.size(), kLargestText - size_);
  std::copy_n(text.begin(), part, text_ + size_);
  size_ += part;
}

void GdbAnswer::put_bytes(ByteView bytes) {
  for (const std::uint8_t byte : bytes) {
    const char pair[] = {kDigits[byte >> 4], kDigits[byte & 15]};
    put({pair, sizeof(pair)});
  }
}

std::string_view GdbAnswer::packet() {
  std::uint8_t sum = 0;
  for (std::size_t i = 1; i < size_; ++i) {
    sum = static_cast<std::uint8_t>(sum + static_cast<std::uint8_t>(text_[i]));
  }
  text_[size_] = '#';
  text_[size_ + 1] = kDigits[sum >> 4];
  text_[size_ + 2] = kDigits[sum & 15];
  return {text_, size_ + 3};
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::uint64_t> take_hex(std::string_view &text) {
  std::uint64_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && hex_value(text[digits]) >= 0; ++digits) {
    value = value << 4 | static_cast<std::uint64_t>(hex_value(text[digits]));
  }
  text.remove_prefix(digits);
  return digits == 0 || digits > 16 ? std::nullopt : std::optional(value);
}

bool take_hex_bytes(std::string_view &text, ByteSpan bytes) {
  if (text.size() < 2 * bytes.size()) {
    return false;
  }
  for (std::uint8_t &byte : bytes) {
    const int high = hex_value(text[0]);
    const int low = hex_value(text[1]);
    if (high < 0 || low < 0) {
      return false;
    }
    byte = static_cast<std::uint8_t>(high << 4 | low);
    text.remove_prefix(2);
  }
  return true;
}

bool take_char(std::string_view &text, char wanted) {
  const bool there = !text.empty() && text.front() == wanted;
  text.remove_prefix(there ? 1 : 0);
  return there;
}

} // namespace tinyml::tender
