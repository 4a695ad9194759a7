// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "protocol/coap/codes.hpp"

#include <iterator>

namespace tinyml::coap {

/// One option of a message; the value points into the message.
struct Option {
  OptionNumber number{};
  ByteView value;

  [[nodiscard]] std::string_view text() const { return as_text(value); }
  /// The value as an unsigned integer (RFC 7252 section 3.2); at most 4 bytes are ever validated
  /// in.
  [[nodiscard]] std::uint32_t to_uint() const {
    std::uint32_t result = 0;
    for (const std::uint8_t byte : value) {
      result = (result << 8U) | byte;
    }
    return result;
  }
};

/// The decoded front part of an option, RFC 7252 section 3.1.
struct OptionHeader {
  std::uint32_t delta = 0;
  std::uint32_t length = 0;
  std::uint8_t header_bytes = 0; ///< 0 when it is cut short or uses the reserved nibble 15
};
[[nodiscard]] OptionHeader decode_option_header(ByteView encoded);
/// Writes a header of 1 to 5 bytes; returns how many.
std::size_t encode_option_header(std::uint8_t *to, unsigned delta, std::size_t length);

/// Does the value's length lie in the range the option's RFC gives? Unknown numbers: no.
[[nodiscard]] bool has_legal_length(const Option &option);
/// May the option occur more than once? Unknown numbers: yes.
[[nodiscard]] bool is_repeatable(OptionNumber number);

/// Walks options that were validated when the message was parsed: reads blindly.
class OptionIterator {
public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Option;
  using difference_type = std::ptrdiff_t;
  using pointer = const Option *;
  using reference = const Option &;

  OptionIterator() = default;
  OptionIterator(const std::uint8_t *at, const std::uint8_t *end) : next_(at), end_(end) { step(); }

  const Option &operator*() const { return option_; }
  const Option *operator->() const { return &option_; }
  OptionIterator &operator++() {
    step();
    return *this;
  }
  OptionIterator operator++(int) {
    OptionIterator before = *this;
    step();
    return before;
  }
  friend bool operator==(const OptionIterator &a, const OptionIterator &b) {
    return a.at_ == b.at_;
  }

private:
  void step();

  const std::uint8_t *at_ = nullptr; ///< start of option_'s encoding; end_ past the last
  const std::uint8_t *next_ = nullptr;
  const std::uint8_t *end_ = nullptr;
  Option option_;
};

/// A range for `for (const Option &option : message.options())`.
class OptionRange {
public:
  explicit OptionRange(ByteView encoded) : encoded_(encoded) {}
  [[nodiscard]] OptionIterator begin() const {
    return {encoded_.data(), encoded_.data() + encoded_.size()};
  }
  [[nodiscard]] OptionIterator end() const {
    return {encoded_.data() + encoded_.size(), encoded_.data() + encoded_.size()};
  }

private:
  ByteView encoded_;
};

} // namespace tinyml::coap
