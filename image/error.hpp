// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace tinyml::image {

/// Why an image is not accepted. The values pass through boot services and boot state records:
/// never renumber.
enum class Error : std::uint8_t {
  kNone = 0,
  kIo = 1,                ///< the bytes could not be read
  kTruncated = 2,         ///< there are fewer bytes than the header says
  kNotAnImage = 3,        ///< the magic is missing: blank or foreign
  kUnsupportedFormat = 4, ///< a later header version
  kHeaderDamaged = 5,     ///< the header's CRC does not match, or its values contradict
  kWrongKind = 6,      ///< a module where an image is wanted, or a payload this board cannot start
  kTooLarge = 7,       ///< larger than the place it is meant for
  kWrongAddress = 8,   ///< linked for another address
  kMalformedField = 9, ///< a field runs over its area, is out of order, or critical and unknown
  kMissingField = 10,  ///< board name, hash, key id or signature is not there
  kWrongBoard = 11,    ///< built for another board
  kWrongAbi = 12,      ///< built for another version of the hypercalls and boot services
  kDowngrade = 13,     ///< older than the lowest version this device may still run
  kHashMismatch = 14,  ///< the content is damaged
  kUnknownKey = 15,    ///< signed by a key this device does not know
  kBadSignature = 16,  ///< the signature does not match the content
  kNoMemory = 17,      ///< the working memory given is too small
  kNoKey = 18,         ///< the device has no factory page, so no key to check with
};

/// A few words for the console and for results, e.g. "built for another board".
[[nodiscard]] constexpr std::string_view describe(Error error) {
  switch (error) {
  case Error::kNone:
    return "good";
  case Error::kIo:
    return "cannot be read";
  case Error::kTruncated:
    return "incomplete";
  case Error::kNotAnImage:
    return "no image there";
  case Error::kUnsupportedFormat:
    return "of an unknown format version";
  case Error::kHeaderDamaged:
    return "damaged in its header";
  case Error::kWrongKind:
    return "not of a kind this board can start";
  case Error::kTooLarge:
    return "too large";
  case Error::kWrongAddress:
    return "linked for another address";
  case Error::kMalformedField:
    return "malformed in a field";
  case Error::kMissingField:
    return "without a required field";
  case Error::kWrongBoard:
    return "built for another board";
  case Error::kWrongAbi:
    return "built for another ABI version";
  case Error::kDowngrade:
    return "older than this device still accepts";
  case Error::kHashMismatch:
    return "damaged (hash differs)";
  case Error::kUnknownKey:
    return "signed by an unknown key";
  case Error::kBadSignature:
    return "not signed by its key";
  case Error::kNoMemory:
    return "unchecked: too little working memory";
  case Error::kNoKey:
    return "unchecked: this device has no factory page";
  }
  return "of an unknown state";
}

} // namespace tinyml::image
