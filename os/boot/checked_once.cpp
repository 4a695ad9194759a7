// SPDX-License-Identifier: Apache-2.0
// Host only, linked into tests that boot very often.
#include "image/crypto.hpp"

#include <map>
#include <vector>

namespace tinyml::image {

// The linker sends calls of ecdsa_p256_check here (--wrap): every different question is answered by
// mbedTLS, once. Hundreds of thousands of boots ask the same few, and hashes are computed anew each
// time.
Error checked_by_mbedtls(ByteView public_key, ByteView digest, ByteView signature) asm(
    "__real__ZN6tinyml5image16ecdsa_p256_checkESt4spanIKhLm18446744073709551615EES3_S3_");
Error checked_once(ByteView public_key, ByteView digest, ByteView signature) asm(
    "__wrap__ZN6tinyml5image16ecdsa_p256_checkESt4spanIKhLm18446744073709551615EES3_S3_");

Error checked_once(ByteView public_key, ByteView digest, ByteView signature) {
  static std::map<std::vector<std::uint8_t>, Error> answers;
  std::vector<std::uint8_t> question;
  for (const ByteView part : {public_key, digest, signature}) {
    question.insert(question.end(), part.begin(), part.end());
  }
  const auto known = answers.find(question);
  if (known != answers.end()) {
    return known->second;
  }
  return answers[question] = checked_by_mbedtls(public_key, digest, signature);
}

} // namespace tinyml::image
