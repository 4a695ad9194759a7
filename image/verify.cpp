// SPDX-License-Identifier: Apache-2.0
#include "image/verify.hpp"

namespace tinyml::image {

void key_id_of(ByteView public_key, std::span<std::uint8_t, kKeyIdBytes> id) {
  std::uint8_t digest[kHashBytes];
  Sha256 hash;
  sha256_start(hash);
  sha256_update(hash, public_key);
  sha256_finish(hash, digest);
  std::memcpy(id.data(), digest, id.size());
}

Error check_seal(const Seal &seal, ByteView digest, ByteView public_key) {
  if (std::memcmp(seal.hash, digest.data(), sizeof(seal.hash)) != 0) {
    return Error::kHashMismatch;
  }
  std::uint8_t key_id[kKeyIdBytes];
  key_id_of(public_key, key_id);
  if (std::memcmp(seal.key_id, key_id, sizeof(key_id)) != 0) {
    return Error::kUnknownKey;
  }
  return ecdsa_p256_check(public_key, digest, seal.signature);
}

} // namespace tinyml::image
