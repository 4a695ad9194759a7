// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

/// LwM2M TLV, OMA-TS-LightweightM2M_Core-V1_1 section 7.4.3.
namespace tinyml::tlv {

/// Bits 7 and 6 of the type byte.
enum class Kind : std::uint8_t {
  kObjectInstance = 0,   ///< contains resources
  kResourceInstance = 1, ///< one value of a multiple resource
  kMultipleResource = 2, ///< contains resource instances
  kResource = 3,         ///< one value
};

enum class Error : std::uint8_t {
  kNone,
  kTruncated, ///< an entry runs past the end
  kNesting,   ///< an entry of a kind that may not stand there
};

/// One entry; `value` points into the text that is read. For kObjectInstance and kMultipleResource
/// it holds further entries.
struct Entry {
  Kind kind = Kind::kResource;
  std::uint16_t id = 0;
  ByteView value;
};

/// Reads the entries of one level, in order.
class Reader {
public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}
  /// The next entry; nothing at the end or at an error.
  [[nodiscard]] std::optional<Entry> next();
  [[nodiscard]] Error error() const { return error_; }

private:
  ByteView rest_;
  Error error_ = Error::kNone;
};

/// One value with its place. Ids that the text does not give are kNoId.
struct Leaf {
  static constexpr std::uint16_t kNoId = 0xFFFF; // reserved as "no instance" by the specification
  std::uint16_t object_instance = kNoId;
  std::uint16_t resource = kNoId;
  std::uint16_t resource_instance = kNoId;
  ByteView value;
};

/// Reads all values of a text however they are nested (at most three levels, as the specification
/// has them), without recursion.
class LeafReader {
public:
  explicit LeafReader(ByteView bytes) : levels_{Reader(bytes), Reader({}), Reader({})} {}
  [[nodiscard]] std::optional<Leaf> next();
  [[nodiscard]] Error error() const { return error_; }

private:
  bool descend(const Entry &entry);

  Reader levels_[3]; ///< top, inside an object instance, inside a multiple resource
  bool open_[3] = {true, false, false};
  Leaf place_;
  Error error_ = Error::kNone;
};

/// Values as they travel (section 7.4.3.2, appendix C): integers of 1, 2, 4 or 8 bytes in two's
/// complement, floats of 4 or 8, booleans of 1; nothing when the length is another one.
[[nodiscard]] std::optional<std::int64_t> to_integer(ByteView value);
[[nodiscard]] std::optional<double> to_float(ByteView value);
[[nodiscard]] std::optional<bool> to_boolean(ByteView value);
struct ObjectLink {
  std::uint16_t object = 0;
  std::uint16_t instance = 0;
  friend bool operator==(const ObjectLink &, const ObjectLink &) = default;
};
[[nodiscard]] std::optional<ObjectLink> to_object_link(ByteView value);

/// Writes entries into a caller's buffer. Containers are written with begin and end; what does not
/// fit marks the writer, checked once: `if (!writer.ok())`.
class Writer {
public:
  explicit Writer(ByteSpan buffer) : buffer_(buffer) {}

  void opaque(Kind kind, std::uint16_t id, ByteView value);
  void text(Kind kind, std::uint16_t id, std::string_view value) {
    opaque(kind, id, as_bytes(value));
  }
  void integer(Kind kind, std::uint16_t id, std::int64_t value); ///< in the shortest form
  void float32(Kind kind, std::uint16_t id, float value);
  void float64(Kind kind, std::uint16_t id, double value);
  void boolean(Kind kind, std::uint16_t id, bool value) { integer(kind, id, value ? 1 : 0); }
  void object_link(Kind kind, std::uint16_t id, ObjectLink value);

  /// Opens a container; the mark it returns goes to end(). Containers may be nested.
  [[nodiscard]] std::size_t begin() const { return size_; }
  /// Closes it: everything written since `mark` becomes its content.
  void end(std::size_t mark, Kind kind, std::uint16_t id);

  [[nodiscard]] bool ok() const { return !overflown_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] ByteView bytes() const { return ByteView(buffer_).first(size_); }

private:
  ByteSpan buffer_;
  std::size_t size_ = 0;
  bool overflown_ = false;
};

} // namespace tinyml::tlv
