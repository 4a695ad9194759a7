// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace tinyml::image {

inline constexpr std::uint32_t kFactoryMagic = 0x464C4D54; ///< "TMLF"
inline constexpr std::uint16_t kFactoryVersion = 1;
/// A page is stored at the start of the store, always this long; what the fields leave is 0xFF.
inline constexpr std::uint32_t kFactoryPageBytes = 512;

inline constexpr std::size_t kPublicKeyBytes = 64; ///< P-256: X then Y, big-endian
inline constexpr std::size_t kEntropySeedBytes = 32;
inline constexpr std::size_t kMaxEndpointBytes = 64;
inline constexpr std::size_t kMaxServerUriBytes = 128;
inline constexpr std::size_t kMaxSerialBytes = 32;

/// What a device is told once, when it is made: who it is, whom it obeys. The views of a parsed
/// page point into the page's bytes.
struct FactoryPage {
  std::string_view endpoint;   ///< LwM2M endpoint name
  std::string_view server_uri; ///< "coap://a.b.c.d:port"
  ByteView signing_public_key; ///< kPublicKeyBytes; images must be signed by it
  ByteView entropy_seed;   ///< kEntropySeedBytes, secret, different on every device; may be empty
  std::string_view serial; ///< may be empty
  ByteView mac;            ///< 6 bytes, or empty when the board has its own or none
};

enum class FactoryError : std::uint8_t {
  kTruncated, ///< fewer bytes than the page says
  kBlank,     ///< not a factory page: an unprovisioned device
  kVersion,   ///< a later format
  kDamaged,   ///< the CRC does not match
  kMalformed, ///< a field has a wrong size, or one that must be there is missing
};

/// Reads the page at the start of `page` (kFactoryPageBytes or more). Endpoint, server URI and key
/// are there and of legal size when it succeeds.
[[nodiscard]] Result<FactoryPage, FactoryError> parse_factory_page(ByteView page);

/// Writes a page of kFactoryPageBytes, padded with 0xFF. False when a field has an illegal size.
[[nodiscard]] bool encode_factory_page(const FactoryPage &fields, ByteSpan page);

} // namespace tinyml::image
