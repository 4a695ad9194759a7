// SPDX-License-Identifier: Apache-2.0
#include "image/factory.hpp"

#include "base/crc32.hpp"
#include "image/fields.hpp"

namespace tinyml::image {
namespace {

enum FactoryField : std::uint16_t {
  kEndpoint = 1,
  kServerUri = 2,
  kSigningPublicKey = 3,
  kEntropySeed = 4,
  kSerial = 5,
  kMac = 6,
};

constexpr std::uint32_t kHeadBytes = 8;
constexpr std::uint32_t kCrcBytes = 4;
constexpr std::size_t kMacBytes = 6;

bool is_text(std::string_view text, std::size_t max_bytes) {
  return !text.empty() && text.size() <= max_bytes;
}

bool empty_or(ByteView bytes, std::size_t size) { return bytes.empty() || bytes.size() == size; }

bool is_legal(const FactoryPage &page) {
  return is_text(page.endpoint, kMaxEndpointBytes) &&
         is_text(page.server_uri, kMaxServerUriBytes) &&
         page.signing_public_key.size() == kPublicKeyBytes &&
         empty_or(page.entropy_seed, kEntropySeedBytes) && page.serial.size() <= kMaxSerialBytes &&
         empty_or(page.mac, kMacBytes);
}

/// False for a field that this version must not ignore.
bool assign(FactoryPage &page, std::uint16_t type, ByteView value) {
  switch (type) {
  case kEndpoint:
    page.endpoint = as_text(value);
    return true;
  case kServerUri:
    page.server_uri = as_text(value);
    return true;
  case kSigningPublicKey:
    page.signing_public_key = value;
    return true;
  case kEntropySeed:
    page.entropy_seed = value;
    return true;
  case kSerial:
    page.serial = as_text(value);
    return true;
  case kMac:
    page.mac = value;
    return true;
  default:
    return (type & kCriticalField) == 0;
  }
}

void put_unless_empty(ByteWriter &out, std::uint16_t type, ByteView value) {
  if (!value.empty()) {
    put_field(out, type, value);
  }
}

} // namespace

Result<FactoryPage, FactoryError> parse_factory_page(ByteView page) {
  if (page.size() < kFactoryPageBytes) {
    return Failure{FactoryError::kTruncated};
  }
  if (load_le<std::uint32_t>(page.data()) != kFactoryMagic) {
    return Failure{FactoryError::kBlank};
  }
  if (load_le<std::uint16_t>(page.data() + 4) != kFactoryVersion) {
    return Failure{FactoryError::kVersion};
  }
  const std::uint32_t end = kHeadBytes + load_le<std::uint16_t>(page.data() + 6);
  if (!fits(end, kCrcBytes, kFactoryPageBytes)) {
    return Failure{FactoryError::kMalformed};
  }
  if (load_le<std::uint32_t>(page.data() + end) != crc32(page.first(end))) {
    return Failure{FactoryError::kDamaged};
  }
  FactoryPage fields{};
  MemoryReader reader(page);
  FieldWalker walker(reader, kHeadBytes, end);
  bool known = true;
  for (Field field{}; walker.next(field);) {
    known &= assign(fields, field.type, page.subspan(field.offset, field.length));
  }
  if (walker.malformed() || !known || !is_legal(fields)) {
    return Failure{FactoryError::kMalformed};
  }
  return fields;
}

bool encode_factory_page(const FactoryPage &fields, ByteSpan page) {
  if (page.size() < kFactoryPageBytes || !is_legal(fields)) {
    return false;
  }
  std::memset(page.data(), 0xFF, kFactoryPageBytes);
  ByteWriter out(page.first(kFactoryPageBytes));
  out.put_le(kFactoryMagic);
  out.put_le(kFactoryVersion);
  out.put_le<std::uint16_t>(0); // the fields' size, known below
  put_field(out, kEndpoint, as_bytes(fields.endpoint));
  put_field(out, kServerUri, as_bytes(fields.server_uri));
  put_field(out, kSigningPublicKey, fields.signing_public_key);
  put_unless_empty(out, kEntropySeed, fields.entropy_seed);
  put_unless_empty(out, kSerial, as_bytes(fields.serial));
  put_unless_empty(out, kMac, fields.mac);
  store_le(page.data() + 6, static_cast<std::uint16_t>(out.size() - kHeadBytes));
  out.put_le(crc32(out.written()));
  return !out.overflown();
}

} // namespace tinyml::image
