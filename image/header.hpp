// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "image/error.hpp"

#include <compare>

/// The fixed header of images and modules; docs/image-format.md is its specification.
namespace tinyml::image {

inline constexpr std::uint32_t kImageMagic = 0x494C4D54; ///< "TMLI"
inline constexpr std::uint16_t kFormatVersion = 1;
inline constexpr std::uint32_t kHeaderBytes = 64;

/// Upper bounds of the areas after the payload; more is refused, so that a walk over them is short.
inline constexpr std::uint32_t kMaxInfoBytes = 512;
inline constexpr std::uint32_t kMaxSealBytes = 256;
inline constexpr std::uint32_t kMaxBoardNameBytes = 32;

inline constexpr std::size_t kHashBytes = 32;      ///< SHA-256
inline constexpr std::size_t kKeyIdBytes = 8;      ///< first bytes of the SHA-256 of the public key
inline constexpr std::size_t kSignatureBytes = 64; ///< P-256: r then s, big-endian

enum class Kind : std::uint8_t {
  kImage = 1,  ///< everything a device runs: module, library OS, program
  kModule = 2, ///< a model and its operators alone
};

enum class Payload : std::uint8_t {
  kBinary = 1, ///< copied to the load address as it is
  kElf = 2,    ///< an executable of a hosted board
  kModule = 3, ///< copied to the load address; starts with a module table
};

/// Header::flags.
inline constexpr std::uint16_t kFlagRaisesFloor = 1; ///< once confirmed, older versions are refused

struct Version {
  std::uint8_t major = 0;
  std::uint8_t minor = 0;
  std::uint16_t patch = 0;
  std::uint32_t build = 0; ///< rises with every build of one version

  auto operator<=>(const Version &) const = default;
};

/// Sizes in bytes; the four areas follow one another: header, payload, info fields, seal fields.
struct Header {
  std::uint32_t payload_bytes = 0;
  std::uint16_t info_bytes = 0; ///< fields that the hash covers
  std::uint16_t seal_bytes = 0; ///< hash, key id, signature
  Kind kind = Kind::kImage;
  Payload payload = Payload::kBinary;
  std::uint16_t flags = 0;
  std::uint32_t board_id = 0; ///< board_id_of(board name)
  std::uint32_t abi_version = 0;
  Version version;
  std::uint32_t entry_offset = 0; ///< from the load address
  std::uint64_t load_address = 0;

  [[nodiscard]] std::uint32_t info_offset() const { return kHeaderBytes + payload_bytes; }
  /// Where the hash ends and the seal begins.
  [[nodiscard]] std::uint32_t seal_offset() const { return info_offset() + info_bytes; }
  [[nodiscard]] std::uint32_t total_bytes() const { return seal_offset() + seal_bytes; }
};

/// Fields. Info fields are covered by the hash and so by the signature.
enum FieldType : std::uint16_t {
  kBoardName = 0x0001,   ///< text, must be there
  kBuildId = 0x0002,     ///< 16 bytes, as in ModuleInfo
  kModelName = 0x0003,   ///< text
  kProgramName = 0x0004, ///< text: "base", "inference"
  kRomBytes = 0x0005,    ///< u32, as planned, the next three too
  kStaticRamBytes = 0x0006,
  kArenaBytes = 0x0007, ///< part of the static RAM
  kStackBytes = 0x0008, ///< worst-case bound
  kHash = 0x8001,       ///< seal: SHA-256 of header, payload and info
  kKeyId = 0x8002,      ///< seal
  kSignature = 0x8003,  ///< seal: ECDSA over the hash
};

/// CRC-32 of the name: a quick mismatch test; the name itself is a field.
[[nodiscard]] std::uint32_t board_id_of(std::string_view board);

/// Reads and checks kHeaderBytes. A header that passes has areas within their bounds and a total
/// that does not overflow 32 bits; nothing is said about board, version or content.
[[nodiscard]] Result<Header, Error> parse_header(ByteView bytes);

/// Writes kHeaderBytes.
void encode_header(const Header &header, std::span<std::uint8_t, kHeaderBytes> to);

} // namespace tinyml::image
