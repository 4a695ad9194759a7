// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/crypto.hpp"
#include "image/factory.hpp"
#include "image/fields.hpp"
#include "image/requirements.hpp"

#include <algorithm>

/// Checks images through a Reader with a small stack and no heap of its own. Cheap checks come
/// first: what is built for another board is refused before anything is hashed.
namespace tinyml::image {

/// Where the seal's fields are, once walked.
struct Seal {
  std::uint8_t hash[kHashBytes];
  std::uint8_t key_id[kKeyIdBytes];
  std::uint8_t signature[kSignatureBytes];
};

template <Reader R> [[nodiscard]] Result<Header, Error> read_header(R &reader) {
  std::uint8_t bytes[kHeaderBytes];
  if (reader.size_bytes() < kHeaderBytes) {
    return Failure{Error::kTruncated};
  }
  if (!reader.read(0, bytes)) {
    return Failure{Error::kIo};
  }
  return parse_header(bytes);
}

namespace detail {

template <Reader R> bool value_equals(R &reader, const Field &field, std::string_view text) {
  std::uint8_t value[kMaxBoardNameBytes];
  return field.length == text.size() && field.length <= sizeof(value) &&
         reader.read(field.offset, ByteSpan(value, field.length)) &&
         std::memcmp(value, text.data(), text.size()) == 0;
}

/// Reads a seal field of exactly the room's size; another size counts as malformed.
template <Reader R> bool read_value(R &reader, const Field &field, ByteSpan to) {
  return field.length == to.size() && reader.read(field.offset, to);
}

} // namespace detail

/// Walks the info fields: the board's name must be there and equal, nothing critical may be
/// unknown.
template <Reader R>
[[nodiscard]] Error check_info(R &reader, const Header &header, std::string_view board) {
  FieldWalker walker(reader, header.info_offset(), header.seal_offset());
  Error board_name = Error::kMissingField;
  for (Field field{}; walker.next(field);) {
    if (field.type == kBoardName) {
      board_name = detail::value_equals(reader, field, board) ? Error::kNone : Error::kWrongBoard;
    } else if ((field.type & kCriticalField) != 0) {
      return Error::kMalformedField;
    }
  }
  return walker.malformed() ? Error::kMalformedField : board_name;
}

/// Reads hash, key id and signature.
template <Reader R> [[nodiscard]] Error read_seal(R &reader, const Header &header, Seal &seal) {
  FieldWalker walker(reader, header.seal_offset(), header.total_bytes());
  unsigned found = 0;
  for (Field field{}; walker.next(field);) {
    bool good = (field.type & kCriticalField) == 0;
    switch (field.type) {
    case kHash:
      good = detail::read_value(reader, field, seal.hash);
      break;
    case kKeyId:
      good = detail::read_value(reader, field, seal.key_id);
      break;
    case kSignature:
      good = detail::read_value(reader, field, seal.signature);
      break;
    default:
      --found;
      break;
    }
    ++found;
    if (!good) {
      return Error::kMalformedField;
    }
  }
  if (walker.malformed()) {
    return Error::kMalformedField;
  }
  return found == 3 ? Error::kNone : Error::kMissingField;
}

/// SHA-256 of everything before the seal. Kept apart so that its buffers are off the stack when the
/// signature is checked, which goes deepest.
template <Reader R>
[[nodiscard, gnu::noinline]] Error hash_content(R &reader, const Header &header,
                                                std::span<std::uint8_t, kHashBytes> digest) {
  Sha256 hash;
  std::uint8_t chunk[128];
  sha256_start(hash);
  const std::uint32_t end = header.seal_offset();
  for (std::uint32_t at = 0; at < end;) {
    const ByteSpan part(chunk, std::min<std::uint32_t>(sizeof(chunk), end - at));
    if (!reader.read(at, part)) {
      return Error::kIo;
    }
    sha256_update(hash, part);
    at += static_cast<std::uint32_t>(part.size());
  }
  sha256_finish(hash, digest);
  return Error::kNone;
}

/// First bytes of the key's SHA-256.
void key_id_of(ByteView public_key, std::span<std::uint8_t, kKeyIdBytes> id);

[[nodiscard]] Error check_seal(const Seal &seal, ByteView digest, ByteView public_key);

/// Everything that costs no hashing: the header against the requirements, the fields, the seal's
/// form.
template <Reader R>
[[nodiscard]] Error check_form(R &reader, const Header &header, const Requirements &wanted,
                               Seal &seal) {
  if (header.total_bytes() > reader.size_bytes()) {
    return Error::kTruncated;
  }
  Error error = check_header(header, wanted);
  if (error == Error::kNone) {
    error = check_info(reader, header, wanted.board);
  }
  return error == Error::kNone ? read_seal(reader, header, seal) : error;
}

/// The whole check of the image at the start of a reader. `public_key` is X then Y. `header` is
/// filled in when it could be read, and to be trusted only when the answer is kNone.
template <Reader R>
[[nodiscard]] Error verify(R &reader, const Requirements &wanted, ByteView public_key,
                           Header &header) {
  const auto parsed = read_header(reader);
  if (!parsed) {
    return parsed.error();
  }
  header = *parsed;
  Seal seal;
  if (const Error error = check_form(reader, header, wanted, seal); error != Error::kNone) {
    return error;
  }
  std::uint8_t digest[kHashBytes];
  if (const Error error = hash_content(reader, header, digest); error != Error::kNone) {
    return error;
  }
  return check_seal(seal, digest, public_key);
}

} // namespace tinyml::image
