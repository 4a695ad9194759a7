// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/senml/record.hpp"

/// The few parts of CBOR (RFC 8949) that SenML needs.
namespace tinyml::senml {

/// RFC 8949 section 3.1.
enum class Major : std::uint8_t {
  kUnsigned = 0,
  kNegative = 1,
  kBytes = 2,
  kText = 3,
  kArray = 4,
  kMap = 5,
  kTag = 6,
  kSimple = 7, ///< false, true, null, floats, and the "break" of indefinite lengths
};

/// The head of an item; strings carry their bytes along.
struct Item {
  Major major = Major::kSimple;
  std::uint8_t info = 0;      ///< the low five bits: 31 is an indefinite length or "break"
  std::uint64_t argument = 0; ///< number, length, or the bits of a float
  ByteView bytes;

  static constexpr std::uint8_t kIndefinite = 31;
  [[nodiscard]] bool is_break() const { return major == Major::kSimple && info == kIndefinite; }
  [[nodiscard]] bool indefinite() const { return major != Major::kSimple && info == kIndefinite; }
};

/// Reads items one after the other; the first error stays.
class ItemReader {
public:
  explicit ItemReader(ByteView bytes) : bytes_(bytes) {}

  /// The next head. Strings of indefinite length are kUnsupported.
  [[nodiscard]] std::optional<Item> next();
  /// Passes over what `item` contains (arrays, maps, tags), without recursion.
  bool skip_content(const Item &item);
  bool fail(Error error);
  [[nodiscard]] Error error() const { return error_; }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

private:
  std::optional<std::uint64_t> take_argument(std::uint8_t info);

  ByteReader bytes_;
  Error error_ = Error::kNone;
};

/// An integer or a float of 16, 32 or 64 bits; nothing for anything else, kNumber out of range.
[[nodiscard]] std::optional<Value> to_number(const Item &item, Error &error);

} // namespace tinyml::senml
