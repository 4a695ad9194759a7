// SPDX-License-Identifier: Apache-2.0
// Host only.
#include "image/packer.hpp"

#include "image/verify.hpp"

namespace tinyml::image {
namespace {

constexpr std::size_t kBuildIdBytes = 16;
constexpr std::uint16_t kSealBytes =
    std::size_t{3} * kFieldHeaderBytes + kHashBytes + kKeyIdBytes + kSignatureBytes;

void put_text(ByteWriter &out, FieldType type, const std::string &text) {
  if (!text.empty()) {
    put_field(out, type, as_bytes(text));
  }
}

void put_number(ByteWriter &out, FieldType type, std::uint32_t number) {
  std::uint8_t value[4];
  store_le(value, number);
  put_field(out, type, value);
}

Expected<std::vector<std::uint8_t>> encode_info(const ImageInfo &info) {
  if (info.board.empty() || info.board.size() > kMaxBoardNameBytes) {
    return fail(ErrorCode::kInvalidInput,
                "image: a board name has 1 to 32 characters, not '" + info.board + "'");
  }
  if (!info.build_id.empty() && info.build_id.size() != kBuildIdBytes) {
    return fail(ErrorCode::kInvalidInput, "image: a build id has 16 bytes");
  }
  std::vector<std::uint8_t> bytes(kMaxInfoBytes);
  ByteWriter out(bytes);
  put_text(out, kBoardName, info.board);
  if (!info.build_id.empty()) {
    put_field(out, kBuildId, info.build_id);
  }
  put_text(out, kModelName, info.model);
  put_text(out, kProgramName, info.program);
  put_number(out, kRomBytes, info.rom_bytes);
  put_number(out, kStaticRamBytes, info.static_ram_bytes);
  put_number(out, kArenaBytes, info.arena_bytes);
  put_number(out, kStackBytes, info.stack_bytes);
  if (out.overflown()) {
    return fail(ErrorCode::kInvalidInput, "image: model and program names are too long (model '" +
                                              info.model + "'); shorten them");
  }
  bytes.resize(out.size());
  return bytes;
}

Header header_of(ByteView payload, const ImageInfo &info, std::size_t info_bytes) {
  Header header;
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.info_bytes = static_cast<std::uint16_t>(info_bytes);
  header.seal_bytes = kSealBytes;
  header.kind = info.kind;
  header.payload = info.payload;
  header.flags = info.flags;
  header.board_id = board_id_of(info.board);
  header.abi_version = info.abi_version;
  header.version = info.version;
  header.entry_offset = info.entry_offset;
  header.load_address = info.load_address;
  return header;
}

Expected<void> append_seal(std::vector<std::uint8_t> &image, const SigningKey &key) {
  Sha256 hash;
  std::uint8_t digest[kHashBytes];
  sha256_start(hash);
  sha256_update(hash, image);
  sha256_finish(hash, digest);
  const auto signature = key.sign(digest);
  if (!signature) {
    return Failure{signature.error()};
  }
  std::uint8_t seal[kSealBytes];
  ByteWriter out(seal);
  put_field(out, kHash, digest);
  put_field(out, kKeyId, key.key_id());
  put_field(out, kSignature, *signature);
  image.insert(image.end(), seal, seal + out.size());
  return {};
}

/// False for a field this version must not ignore, or one of a wrong size.
bool assign(ImageInfo &info, std::uint16_t type, ByteView value) {
  const auto number = [value](std::uint32_t &to) {
    to = value.size() == 4 ? load_le<std::uint32_t>(value.data()) : 0;
    return value.size() == 4;
  };
  switch (type) {
  case kBoardName:
    info.board = as_text(value);
    return true;
  case kBuildId:
    info.build_id.assign(value.begin(), value.end());
    return true;
  case kModelName:
    info.model = as_text(value);
    return true;
  case kProgramName:
    info.program = as_text(value);
    return true;
  case kRomBytes:
    return number(info.rom_bytes);
  case kStaticRamBytes:
    return number(info.static_ram_bytes);
  case kArenaBytes:
    return number(info.arena_bytes);
  case kStackBytes:
    return number(info.stack_bytes);
  default:
    return (type & kCriticalField) == 0;
  }
}

Failure<HostError> refuse(Error error) {
  return fail(ErrorCode::kInvalidInput, "image: " + std::string(describe(error)));
}

Expected<Header> whole_header(ByteView image) {
  MemoryReader reader(image);
  const auto header = read_header(reader);
  if (!header) {
    return refuse(header.error());
  }
  if (header->total_bytes() > image.size()) {
    return refuse(Error::kTruncated);
  }
  return *header;
}

} // namespace

Expected<std::vector<std::uint8_t>> pack(ByteView payload, const ImageInfo &info,
                                         const SigningKey &key) {
  const auto fields = encode_info(info);
  if (!fields) {
    return Failure{fields.error()};
  }
  const Header header = header_of(payload, info, fields->size());
  std::vector<std::uint8_t> image(kHeaderBytes);
  encode_header(header, std::span<std::uint8_t, kHeaderBytes>(image.data(), kHeaderBytes));
  if (payload.size() != header.payload_bytes || !parse_header(image)) {
    return fail(ErrorCode::kInvalidInput,
                "image: an empty or enormous payload, an entry outside it, or a kind that does not "
                "match the payload (" +
                    std::to_string(payload.size()) + " bytes)");
  }
  image.insert(image.end(), payload.begin(), payload.end());
  image.insert(image.end(), fields->begin(), fields->end());
  if (const auto sealed = append_seal(image, key); !sealed) {
    return Failure{sealed.error()};
  }
  return image;
}

Expected<std::uint32_t> overhead_bytes(const ImageInfo &info) {
  const auto fields = encode_info(info);
  if (!fields) {
    return Failure{fields.error()};
  }
  return static_cast<std::uint32_t>(kHeaderBytes + fields->size() + kSealBytes);
}

Expected<ImageInfo> read_info(ByteView image) {
  const auto header = whole_header(image);
  if (!header) {
    return Failure{header.error()};
  }
  ImageInfo info;
  info.abi_version = header->abi_version;
  info.kind = header->kind;
  info.payload = header->payload;
  info.version = header->version;
  info.flags = header->flags;
  info.load_address = header->load_address;
  info.entry_offset = header->entry_offset;
  MemoryReader reader(image);
  FieldWalker walker(reader, header->info_offset(), header->seal_offset());
  for (Field field{}; walker.next(field);) {
    if (!assign(info, field.type, image.subspan(field.offset, field.length))) {
      return refuse(Error::kMalformedField);
    }
  }
  if (walker.malformed()) {
    return refuse(Error::kMalformedField);
  }
  return info;
}

Expected<ByteView> payload_of(ByteView image) {
  const auto header = whole_header(image);
  if (!header) {
    return Failure{header.error()};
  }
  return image.subspan(kHeaderBytes, header->payload_bytes);
}

} // namespace tinyml::image
