// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

namespace tinyml::tender {

/// The frame around what GDB and a stub say to each other ("Overview" of GDB's remote serial
/// protocol): $text#checksum, answered by + or -. Pure: bytes in, packets out.
class GdbPacketReader {
public:
  static constexpr std::size_t kLargestPacket = 1024;

  enum class Event : std::uint8_t { kNothing, kPacket, kDamaged, kInterrupt };

  /// Takes the next byte. At kPacket, text() is the packet's content until the next call.
  Event take(char byte);
  [[nodiscard]] std::string_view text() const { return {text_, size_}; }

private:
  enum class State : std::uint8_t { kOutside, kInside, kFirstDigit, kSecondDigit };

  State state_ = State::kOutside;
  bool too_long_ = false;
  std::uint8_t sum_ = 0;
  std::uint8_t told_sum_ = 0;
  std::size_t size_ = 0;
  char text_[kLargestPacket];
};

/// Text that is built up: hexadecimal as GDB wants it, and the whole packet in the end.
class GdbAnswer {
public:
  static constexpr std::size_t kLargestText = 2 * GdbPacketReader::kLargestPacket;

  void put(std::string_view text);
  /// Bytes as they lie in memory, two digits each.
  void put_bytes(ByteView bytes);
  /// The packet around all that was put.
  [[nodiscard]] std::string_view packet();

private:
  std::size_t size_ = 1;
  char text_[kLargestText + 4] = {'$'};
};

/// -1: no hexadecimal digit.
[[nodiscard]] int hex_value(char digit);
/// A hexadecimal number at the start of `text`, which then begins behind it.
[[nodiscard]] std::optional<std::uint64_t> take_hex(std::string_view &text);
/// Two digits a byte; false when there are fewer than the bytes want.
[[nodiscard]] bool take_hex_bytes(std::string_view &text, ByteSpan bytes);
/// Takes the character when it is there.
[[nodiscard]] bool take_char(std::string_view &text, char wanted);

} // namespace tinyml::tender
