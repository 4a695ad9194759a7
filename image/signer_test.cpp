// SPDX-License-Identifier: Apache-2.0
#include "image/signer.hpp"

#include "image/verify.hpp"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace tinyml::image {
namespace {

class SignerTest : public testing::Test {
protected:
  SignerTest() {
    char pattern[] = "/tmp/tinyml-signer-XXXXXX";
    folder_ = ::mkdtemp(pattern);
  }
  ~SignerTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::filesystem::path file() const { return folder_ / "signing-key.pem"; }

private:
  std::filesystem::path folder_;
};

std::array<std::uint8_t, kHashBytes> digest_of(std::string_view text) {
  std::array<std::uint8_t, kHashBytes> digest{};
  Sha256 hash;
  sha256_start(hash);
  sha256_update(hash, as_bytes(text));
  sha256_finish(hash, digest);
  return digest;
}

TEST(Sha256, GivesTheStandardsAnswer) { // FIPS 180-2, appendix B.1
  const auto digest = digest_of("abc");
  const std::uint8_t expected[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea};
  EXPECT_EQ(std::memcmp(digest.data(), expected, sizeof(expected)), 0);
}

TEST_F(SignerTest, ASavedKeyIsTheSameKeyWhenLoaded) {
  const auto made = SigningKey::load_or_create(file());
  ASSERT_TRUE(made.ok());
  const auto loaded = SigningKey::load_or_create(file());
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(made->public_key(), loaded->public_key());
  EXPECT_EQ(made->key_id(), loaded->key_id());
}

TEST_F(SignerTest, OnlyTheOwnerMayReadTheFile) {
  ASSERT_TRUE(SigningKey::load_or_create(file()).ok());
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  ASSERT_EQ(::chmod(file().c_str(), 0644), 0);
  const auto refused = SigningKey::load(file());
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("chmod 600"), std::string::npos);
}

TEST_F(SignerTest, NeverOverwritesAKey) {
  const auto first = SigningKey::load_or_create(file());
  const auto second = SigningKey::generate();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(second->save(file()).error().code, ErrorCode::kConflict);
  EXPECT_EQ(SigningKey::load(file())->public_key(), first->public_key());
}

TEST_F(SignerTest, RefusesWhatIsNoKey) {
  std::ofstream(file())
      << "-----BEGIN EC PRIVATE KEY-----\nnonsense\n-----END EC PRIVATE KEY-----\n";
  ASSERT_EQ(::chmod(file().c_str(), 0600), 0);
  EXPECT_EQ(SigningKey::load(file()).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(SigningKey::load(file().string() + ".missing").error().code, ErrorCode::kNotFound);
}

TEST(Signature, IsDeterministicAndChecked) {
  const auto key = SigningKey::generate();
  const auto stranger = SigningKey::generate();
  ASSERT_TRUE(key.ok() && stranger.ok());
  const auto digest = digest_of("an image");
  const auto signature = key->sign(digest);
  ASSERT_TRUE(signature.ok());
  EXPECT_EQ(*signature, *key->sign(digest));
  EXPECT_EQ(ecdsa_p256_check(key->public_key(), digest, *signature), Error::kNone);
  EXPECT_EQ(ecdsa_p256_check(stranger->public_key(), digest, *signature), Error::kBadSignature);
  EXPECT_EQ(ecdsa_p256_check(key->public_key(), digest_of("an imagf"), *signature),
            Error::kBadSignature);
}

TEST(Signature, AKeyOffTheCurveNeverChecks) {
  const auto key = SigningKey::generate();
  ASSERT_TRUE(key.ok());
  const auto digest = digest_of("an image");
  const auto signature = key->sign(digest);
  std::array<std::uint8_t, kPublicKeyBytes> off = key->public_key();
  off[63] ^= 1;
  EXPECT_EQ(ecdsa_p256_check(off, digest, *signature), Error::kBadSignature);
  off.fill(0);
  EXPECT_EQ(ecdsa_p256_check(off, digest, *signature), Error::kBadSignature);
  EXPECT_EQ(ecdsa_p256_check(ByteView(off).first(63), digest, *signature), Error::kBadSignature);
}

TEST(Signature, ZeroSignaturesNeverCheck) {
  const auto key = SigningKey::generate();
  ASSERT_TRUE(key.ok());
  const std::array<std::uint8_t, kSignatureBytes> zero{};
  EXPECT_EQ(ecdsa_p256_check(key->public_key(), digest_of("x"), zero), Error::kBadSignature);
}

} // namespace
} // namespace tinyml::image
