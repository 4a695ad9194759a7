// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/header.hpp"

/// Hash and signature check, by mbedTLS: Debian's library on the host, the same sources with a
/// small configuration in a bootloader. Running images do not link this; they ask their bootloader
/// (os/boot/services.hpp).
namespace tinyml::image {

/// A running SHA-256. Plain bytes, so that a caller on the other side of a service table can hold
/// one.
struct Sha256 {
  alignas(8) std::uint8_t state[112];
};

void sha256_start(Sha256 &hash);
void sha256_update(Sha256 &hash, ByteView bytes);
void sha256_finish(Sha256 &hash, std::span<std::uint8_t, kHashBytes> digest);

/// Checks an ECDSA P-256 signature (r then s) over a digest with a public key (X then Y).
/// kBadSignature also for a key that is not on the curve; kNoMemory when mbedTLS could not
/// allocate.
[[nodiscard]] Error ecdsa_p256_check(ByteView public_key, ByteView digest, ByteView signature);

} // namespace tinyml::image
