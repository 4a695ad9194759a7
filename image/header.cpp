// SPDX-License-Identifier: Apache-2.0
#include "image/header.hpp"

#include "base/crc32.hpp"

namespace tinyml::image {
namespace {

/// Offsets of docs/image-format.md, section "Header".
enum Offset : std::size_t {
  kMagicAt = 0,
  kFormatVersionAt = 4,
  kHeaderBytesAt = 6,
  kPayloadBytesAt = 8,
  kInfoBytesAt = 12,
  kSealBytesAt = 14,
  kKindAt = 16,
  kPayloadKindAt = 17,
  kFlagsAt = 18,
  kBoardIdAt = 20,
  kAbiVersionAt = 24,
  kMajorAt = 28,
  kMinorAt = 29,
  kPatchAt = 30,
  kBuildAt = 32,
  kEntryOffsetAt = 36,
  kLoadAddressAt = 40,
  kReservedAt = 48,
  kCrcAt = 60,
};

/// A payload beyond this is no image for any device we build for, and sums of areas stay far from
/// 2^32.
constexpr std::uint32_t kMaxPayloadBytes = 1u << 30;

Header decode(const std::uint8_t *at) {
  Header header;
  header.payload_bytes = load_le<std::uint32_t>(at + kPayloadBytesAt);
  header.info_bytes = load_le<std::uint16_t>(at + kInfoBytesAt);
  header.seal_bytes = load_le<std::uint16_t>(at + kSealBytesAt);
  header.kind = static_cast<Kind>(at[kKindAt]);
  header.payload = static_cast<Payload>(at[kPayloadKindAt]);
  header.flags = load_le<std::uint16_t>(at + kFlagsAt);
  header.board_id = load_le<std::uint32_t>(at + kBoardIdAt);
  header.abi_version = load_le<std::uint32_t>(at + kAbiVersionAt);
  header.version = {at[kMajorAt], at[kMinorAt], load_le<std::uint16_t>(at + kPatchAt),
                    load_le<std::uint32_t>(at + kBuildAt)};
  header.entry_offset = load_le<std::uint32_t>(at + kEntryOffsetAt);
  header.load_address = load_le<std::uint64_t>(at + kLoadAddressAt);
  return header;
}

bool is_consistent(const Header &header) {
  const bool module = header.kind == Kind::kModule;
  const bool module_payload = header.payload == Payload::kModule;
  return header.payload_bytes > 0 && header.payload_bytes <= kMaxPayloadBytes &&
         header.info_bytes <= kMaxInfoBytes && header.seal_bytes <= kMaxSealBytes &&
         header.entry_offset < header.payload_bytes && module == module_payload &&
         (module || header.kind == Kind::kImage) && header.payload >= Payload::kBinary &&
         header.payload <= Payload::kModule;
}

} // namespace

std::uint32_t board_id_of(std::string_view board) { return crc32(as_bytes(board)); }

Result<Header, Error> parse_header(ByteView bytes) {
  if (bytes.size() < kHeaderBytes) {
    return Failure{Error::kTruncated};
  }
  if (load_le<std::uint32_t>(bytes.data() + kMagicAt) != kImageMagic) {
    return Failure{Error::kNotAnImage};
  }
  if (load_le<std::uint32_t>(bytes.data() + kCrcAt) != crc32(bytes.first(kCrcAt))) {
    return Failure{Error::kHeaderDamaged};
  }
  if (load_le<std::uint16_t>(bytes.data() + kFormatVersionAt) != kFormatVersion ||
      load_le<std::uint16_t>(bytes.data() + kHeaderBytesAt) != kHeaderBytes) {
    return Failure{Error::kUnsupportedFormat};
  }
  const Header header = decode(bytes.data());
  if (!is_consistent(header)) {
    return Failure{Error::kHeaderDamaged};
  }
  return header;
}

void encode_header(const Header &header, std::span<std::uint8_t, kHeaderBytes> to) {
  std::memset(to.data(), 0, to.size());
  std::uint8_t *at = to.data();
  store_le(at + kMagicAt, kImageMagic);
  store_le(at + kFormatVersionAt, kFormatVersion);
  store_le(at + kHeaderBytesAt, static_cast<std::uint16_t>(kHeaderBytes));
  store_le(at + kPayloadBytesAt, header.payload_bytes);
  store_le(at + kInfoBytesAt, header.info_bytes);
  store_le(at + kSealBytesAt, header.seal_bytes);
  at[kKindAt] = static_cast<std::uint8_t>(header.kind);
  at[kPayloadKindAt] = static_cast<std::uint8_t>(header.payload);
  store_le(at + kFlagsAt, header.flags);
  store_le(at + kBoardIdAt, header.board_id);
  store_le(at + kAbiVersionAt, header.abi_version);
  at[kMajorAt] = header.version.major;
  at[kMinorAt] = header.version.minor;
  store_le(at + kPatchAt, header.version.patch);
  store_le(at + kBuildAt, header.version.build);
  store_le(at + kEntryOffsetAt, header.entry_offset);
  store_le(at + kLoadAddressAt, header.load_address);
  store_le(at + kCrcAt, crc32(ByteView(at, kCrcAt)));
}

} // namespace tinyml::image
