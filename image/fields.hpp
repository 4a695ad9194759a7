// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/reader.hpp"

namespace tinyml::image {

/// Fields (type, length, value) as they stand in images and factory pages: little-endian 16-bit
/// type and length, then the value without padding; types rise strictly, so none appears twice.
inline constexpr std::uint32_t kFieldHeaderBytes = 4;

/// A reader that does not know a field of a type with this bit must refuse the whole.
inline constexpr std::uint16_t kCriticalField = 0x4000;

struct Field {
  std::uint16_t type;
  std::uint16_t length;
  std::uint32_t offset; ///< of the value, in the reader
};

/// Walks the fields between two offsets of a Reader. It ends before the first malformed field, and
/// then `malformed()` is true.
template <Reader R> class FieldWalker {
public:
  FieldWalker(R &reader, std::uint32_t begin, std::uint32_t end)
      : reader_(reader), next_(begin), end_(end) {}

  [[nodiscard]] bool next(Field &field) {
    if (malformed_ || next_ == end_) {
      return false;
    }
    malformed_ = !take(field);
    return !malformed_;
  }
  [[nodiscard]] bool malformed() const { return malformed_; }

private:
  bool take(Field &field) {
    std::uint8_t head[kFieldHeaderBytes];
    if (next_ > end_ || end_ - next_ < sizeof(head) || !reader_.read(next_, head)) {
      return false;
    }
    field = {load_le<std::uint16_t>(head), load_le<std::uint16_t>(head + 2),
             next_ + kFieldHeaderBytes};
    if (field.length > end_ - field.offset || field.type <= previous_) {
      return false;
    }
    previous_ = field.type;
    next_ = field.offset + field.length;
    return true;
  }

  R &reader_;
  std::uint32_t next_;
  std::uint32_t end_;
  std::uint32_t previous_ = 0;
  bool malformed_ = false;
};

/// Writes one field.
inline void put_field(ByteWriter &out, std::uint16_t type, ByteView value) {
  out.put_le<std::uint16_t>(type);
  out.put_le<std::uint16_t>(static_cast<std::uint16_t>(value.size()));
  out.put(value);
}

} // namespace tinyml::image
