// SPDX-License-Identifier: Apache-2.0
#include "image/crypto.hpp"

#include "image/factory.hpp"

#include <mbedtls/ecdsa.h>
#include <mbedtls/sha256.h>
#include <new>

namespace tinyml::image {
namespace {

static_assert(sizeof(mbedtls_sha256_context) <= sizeof(Sha256::state));

mbedtls_sha256_context *context(Sha256 &hash) {
  return std::launder(reinterpret_cast<mbedtls_sha256_context *>(hash.state));
}

bool is_out_of_memory(int status) {
  return status == MBEDTLS_ERR_MPI_ALLOC_FAILED || status == MBEDTLS_ERR_ECP_ALLOC_FAILED;
}

/// What a check needs of mbedTLS, freed however it ends.
struct EcdsaCheck {
  mbedtls_ecp_group group;
  mbedtls_ecp_point key;
  mbedtls_mpi r;
  mbedtls_mpi s;

  EcdsaCheck() {
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&key);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
  }
  EcdsaCheck(const EcdsaCheck &) = delete;
  EcdsaCheck &operator=(const EcdsaCheck &) = delete;
  ~EcdsaCheck() {
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&key);
    mbedtls_ecp_group_free(&group);
  }

  int load_key(ByteView xy) {
    int status = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    if (status == 0) {
      status = mbedtls_mpi_read_binary(&key.X, xy.data(), xy.size() / 2);
    }
    if (status == 0) {
      status = mbedtls_mpi_read_binary(&key.Y, xy.data() + xy.size() / 2, xy.size() / 2);
    }
    if (status == 0) {
      status = mbedtls_mpi_lset(&key.Z, 1);
    }
    // A point off the curve would make the arithmetic mean something else.
    return status == 0 ? mbedtls_ecp_check_pubkey(&group, &key) : status;
  }

  int load_signature(ByteView rs) {
    const int status = mbedtls_mpi_read_binary(&r, rs.data(), rs.size() / 2);
    return status == 0 ? mbedtls_mpi_read_binary(&s, rs.data() + rs.size() / 2, rs.size() / 2)
                       : status;
  }

  int check(ByteView digest) {
    return mbedtls_ecdsa_verify(&group, digest.data(), digest.size(), &key, &r, &s);
  }
};

} // namespace

void sha256_start(Sha256 &hash) {
  auto *started = new (hash.state) mbedtls_sha256_context;
  mbedtls_sha256_init(started);
  mbedtls_sha256_starts_ret(started, 0);
}

void sha256_update(Sha256 &hash, ByteView bytes) {
  mbedtls_sha256_update_ret(context(hash), bytes.data(), bytes.size());
}

void sha256_finish(Sha256 &hash, std::span<std::uint8_t, kHashBytes> digest) {
  mbedtls_sha256_finish_ret(context(hash), digest.data());
}

Error ecdsa_p256_check(ByteView public_key, ByteView digest, ByteView signature) {
  if (public_key.size() != kPublicKeyBytes || digest.size() != kHashBytes ||
      signature.size() != kSignatureBytes) {
    return Error::kBadSignature;
  }
  EcdsaCheck check;
  int status = check.load_key(public_key);
  if (status == 0) {
    status = check.load_signature(signature);
  }
  if (status == 0) {
    status = check.check(digest);
  }
  if (status == 0) {
    return Error::kNone;
  }
  return is_out_of_memory(status) ? Error::kNoMemory : Error::kBadSignature;
}

} // namespace tinyml::image
