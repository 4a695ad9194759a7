// SPDX-License-Identifier: Apache-2.0
#include "protocol/tlv/tlv.hpp"

#include <algorithm>
#include <bit>

namespace tinyml::tlv {
namespace {

constexpr std::size_t kMaxHeaderBytes = 6; // type, 16-bit id, 24-bit length
constexpr std::size_t kMaxValueBytes = 0xFFFFFF;

/// Reads a big-endian number of up to three bytes.
std::optional<std::uint32_t> take_number(ByteReader &reader, std::size_t bytes) {
  const auto taken = reader.take(bytes);
  if (!taken) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  for (const std::uint8_t byte : *taken) {
    value = (value << 8U) | byte;
  }
  return value;
}

std::size_t length_field_bytes(std::size_t length) {
  if (length < 8) {
    return 0;
  }
  if (length < 0x100) {
    return 1;
  }
  return length < 0x10000 ? 2 : 3;
}

std::size_t encode_header(std::uint8_t *to, Kind kind, std::uint16_t id, std::size_t length) {
  const std::size_t length_bytes = length_field_bytes(length);
  const bool long_id = id > 0xFF;
  const std::size_t short_length = length_bytes == 0 ? length : 0;
  std::size_t at = 0;
  to[at++] =
      static_cast<std::uint8_t>((static_cast<unsigned>(kind) << 6U) | (long_id ? 0x20U : 0U) |
                                (length_bytes << 3U) | short_length);
  if (long_id) {
    to[at++] = static_cast<std::uint8_t>(id >> 8U);
  }
  to[at++] = static_cast<std::uint8_t>(id);
  for (std::size_t i = length_bytes; i-- > 0;) {
    to[at++] = static_cast<std::uint8_t>(length >> (8 * i));
  }
  return at;
}

} // namespace

std::optional<Entry> Reader::next() {
  if (rest_.empty() || error_ != Error::kNone) {
    return std::nullopt;
  }
  ByteReader reader(rest_);
  const std::uint32_t type = *take_number(reader, 1);
  const auto id = take_number(reader, (type & 0x20U) != 0 ? 2 : 1);
  const std::size_t length_bytes = (type >> 3U) & 3U;
  const auto length =
      length_bytes == 0 ? std::optional(type & 7U) : take_number(reader, length_bytes);
  const auto value = id && length ? reader.take(*length) : std::nullopt;
  if (!value) {
    error_ = Error::kTruncated;
    return std::nullopt;
  }
  rest_ = reader.rest();
  return Entry{static_cast<Kind>(type >> 6U), static_cast<std::uint16_t>(*id), *value};
}

/// Enters a container; false when it is a value or may not stand here.
bool LeafReader::descend(const Entry &entry) {
  if (entry.kind == Kind::kObjectInstance && !open_[1] && !open_[2]) {
    place_.object_instance = entry.id;
    levels_[1] = Reader(entry.value);
    open_[1] = true;
    return true;
  }
  if (entry.kind == Kind::kMultipleResource && !open_[2]) {
    place_.resource = entry.id;
    levels_[2] = Reader(entry.value);
    open_[2] = true;
    return true;
  }
  return false;
}

std::optional<Leaf> LeafReader::next() {
  while (error_ == Error::kNone) {
    const std::size_t level = open_[2] ? 2 : open_[1] ? 1 : 0;
    const auto entry = levels_[level].next();
    if (!entry) {
      error_ = levels_[level].error();
      if (level == 0) {
        return std::nullopt;
      }
      open_[level] = false;
      (level == 1 ? place_.object_instance : place_.resource) = Leaf::kNoId;
      continue;
    }
    if (descend(*entry)) {
      continue;
    }
    Leaf leaf = place_;
    leaf.value = entry->value;
    if (entry->kind == Kind::kResource && level != 2) {
      leaf.resource = entry->id;
      return leaf;
    }
    // A bare resource instance may stand at the top: the answer to a read of /o/i/r/ri.
    if (entry->kind == Kind::kResourceInstance && level != 1) {
      leaf.resource_instance = entry->id;
      return leaf;
    }
    error_ = Error::kNesting;
  }
  return std::nullopt;
}

std::optional<std::int64_t> to_integer(ByteView value) {
  switch (value.size()) {
  case 1:
    return static_cast<std::int8_t>(value[0]);
  case 2:
    return static_cast<std::int16_t>(load_be<std::uint16_t>(value.data()));
  case 4:
    return static_cast<std::int32_t>(load_be<std::uint32_t>(value.data()));
  case 8:
    return static_cast<std::int64_t>(load_be<std::uint64_t>(value.data()));
  default:
    return std::nullopt;
  }
}

std::optional<double> to_float(ByteView value) {
  if (value.size() == 4) {
    return static_cast<double>(std::bit_cast<float>(load_be<std::uint32_t>(value.data())));
  }
  if (value.size() == 8) {
    return std::bit_cast<double>(load_be<std::uint64_t>(value.data()));
  }
  return std::nullopt;
}

std::optional<bool> to_boolean(ByteView value) {
  const bool legal = value.size() == 1 && value[0] <= 1;
  return legal ? std::optional(value[0] == 1) : std::nullopt;
}

std::optional<ObjectLink> to_object_link(ByteView value) {
  if (value.size() != 4) {
    return std::nullopt;
  }
  return ObjectLink{load_be<std::uint16_t>(value.data()), load_be<std::uint16_t>(value.data() + 2)};
}

void Writer::opaque(Kind kind, std::uint16_t id, ByteView value) {
  const std::size_t mark = begin();
  if (overflown_ || value.size() > buffer_.size() - size_) {
    overflown_ = true;
    return;
  }
  std::copy_n(value.data(), value.size(), buffer_.data() + size_);
  size_ += value.size();
  end(mark, kind, id);
}

/// The length is part of the header, so the content is written first and moved up.
void Writer::end(std::size_t mark, Kind kind, std::uint16_t id) {
  const std::size_t length = size_ - mark;
  std::uint8_t header[kMaxHeaderBytes];
  const std::size_t header_bytes = encode_header(header, kind, id, length);
  if (overflown_ || header_bytes > buffer_.size() - size_ || length > kMaxValueBytes) {
    overflown_ = true;
    return;
  }
  std::memmove(buffer_.data() + mark + header_bytes, buffer_.data() + mark, length);
  std::copy_n(header, header_bytes, buffer_.data() + mark);
  size_ += header_bytes;
}

void Writer::integer(Kind kind, std::uint16_t id, std::int64_t value) {
  std::uint8_t bytes[8];
  store_be(bytes, static_cast<std::uint64_t>(value));
  std::size_t length = 8;
  if (value == static_cast<std::int8_t>(value)) {
    length = 1;
  } else if (value == static_cast<std::int16_t>(value)) {
    length = 2;
  } else if (value == static_cast<std::int32_t>(value)) {
    length = 4;
  }
  opaque(kind, id, ByteView(bytes).last(length));
}

void Writer::float32(Kind kind, std::uint16_t id, float value) {
  std::uint8_t bytes[4];
  store_be(bytes, std::bit_cast<std::uint32_t>(value));
  opaque(kind, id, bytes);
}

void Writer::float64(Kind kind, std::uint16_t id, double value) {
  std::uint8_t bytes[8];
  store_be(bytes, std::bit_cast<std::uint64_t>(value));
  opaque(kind, id, bytes);
}

void Writer::object_link(Kind kind, std::uint16_t id, ObjectLink value) {
  std::uint8_t bytes[4];
  store_be(bytes, value.object);
  store_be(bytes + 2, value.instance);
  opaque(kind, id, bytes);
}

} // namespace tinyml::tlv
