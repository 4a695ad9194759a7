// SPDX-License-Identifier: Apache-2.0
#include "image/packer.hpp"

#include "base/crc32.hpp"
#include "image/verify.hpp"

#include <functional>
#include <gtest/gtest.h>

namespace tinyml::image {
namespace {

const SigningKey &test_key() {
  static const SigningKey key = [] { return std::move(SigningKey::generate()).value(); }();
  return key;
}

std::vector<std::uint8_t> payload_bytes(std::size_t size = 700) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  }
  return bytes;
}

ImageInfo example_info() {
  ImageInfo info;
  info.board = "mps2-an385";
  info.abi_version = 1;
  info.version = {1, 0, 0, 5};
  info.load_address = 0x8000;
  info.build_id.assign(16, 0xAB);
  info.model = "mnist-lenet";
  info.program = "inference";
  info.rom_bytes = 90000;
  info.static_ram_bytes = 20000;
  info.arena_bytes = 12000;
  info.stack_bytes = 3000;
  return info;
}

Requirements example_requirements() {
  return {.board = "mps2-an385",
          .oldest_abi = 1,
          .newest_abi = 1,
          .load_address = 0x8000,
          .max_payload_bytes = 700,
          .max_total_bytes = 2048};
}

std::vector<std::uint8_t> packed(const ImageInfo &info = example_info()) {
  auto image = pack(payload_bytes(), info, test_key());
  EXPECT_TRUE(image.ok());
  return *image;
}

Error check(ByteView image, const Requirements &wanted = example_requirements()) {
  MemoryReader reader(image);
  Header header;
  return verify(reader, wanted, test_key().public_key(), header);
}

TEST(Packer, WhatItPacksVerifiesAndReadsBack) {
  const auto image = packed();
  EXPECT_EQ(check(image), Error::kNone);
  const auto info = read_info(image);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->board, "mps2-an385");
  EXPECT_EQ(info->model, "mnist-lenet");
  EXPECT_EQ(info->program, "inference");
  EXPECT_EQ(info->build_id, std::vector<std::uint8_t>(16, 0xAB));
  EXPECT_EQ(info->rom_bytes, 90000u);
  EXPECT_EQ(info->stack_bytes, 3000u);
  EXPECT_EQ(info->version, (Version{1, 0, 0, 5}));
  const auto payload = payload_of(image);
  ASSERT_TRUE(payload.ok());
  EXPECT_TRUE(std::equal(payload->begin(), payload->end(), payload_bytes().begin()));
}

TEST(Packer, OverheadIsKnownBeforehand) {
  EXPECT_EQ(*overhead_bytes(example_info()), packed().size() - payload_bytes().size());
}

TEST(Packer, TheSameBuildHasTheSameBytes) { EXPECT_EQ(packed(), packed()); }

TEST(Packer, RefusesWhatNoDeviceCouldAccept) {
  ImageInfo info = example_info();
  EXPECT_FALSE(pack({}, info, test_key()).ok());
  info.board = "";
  EXPECT_FALSE(pack(payload_bytes(), info, test_key()).ok());
  info = example_info();
  info.model.assign(600, 'm');
  EXPECT_FALSE(pack(payload_bytes(), info, test_key()).ok());
  info = example_info();
  info.kind = Kind::kModule;
  EXPECT_FALSE(pack(payload_bytes(), info, test_key()).ok());
  info = example_info();
  info.entry_offset = 700;
  EXPECT_FALSE(pack(payload_bytes(), info, test_key()).ok());
}

TEST(Packer, AModuleIsAnotherKind) {
  ImageInfo info = example_info();
  info.kind = Kind::kModule;
  info.payload = Payload::kModule;
  const auto module = packed(info);
  EXPECT_EQ(check(module), Error::kWrongKind);
  Requirements wanted = example_requirements();
  wanted.kind = Kind::kModule;
  wanted.payload = Payload::kModule;
  EXPECT_EQ(check(module, wanted), Error::kNone);
}

TEST(Verify, EveryFlippedBitAnywhereIsSeen) {
  const auto good = packed();
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const unsigned bit : {0u, 7u}) {
      auto image = good;
      image[at] = static_cast<std::uint8_t>(image[at] ^ (1u << bit));
      EXPECT_NE(check(image), Error::kNone) << "byte " << at;
    }
  }
}

TEST(Verify, EveryTruncationIsSeen) {
  const auto good = packed();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(check(ByteView(good).first(size)), Error::kTruncated) << size;
  }
}

struct Refusal {
  const char *name;
  std::function<void(ImageInfo &)> change;
  Error expected;
};

class VerifyRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(VerifyRefuses, AnImageMeantForSomethingElse) {
  ImageInfo info = example_info();
  GetParam().change(info);
  Requirements wanted = example_requirements();
  wanted.floor = {1, 0, 0, 4};
  EXPECT_EQ(check(packed(info), wanted), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, VerifyRefuses,
    testing::Values(
        Refusal{"Board", [](ImageInfo &i) { i.board = "linux"; }, Error::kWrongBoard},
        Refusal{"OlderAbi", [](ImageInfo &i) { i.abi_version = 0; }, Error::kWrongAbi},
        Refusal{"NewerAbi", [](ImageInfo &i) { i.abi_version = 2; }, Error::kWrongAbi},
        Refusal{"Elf", [](ImageInfo &i) { i.payload = Payload::kElf; }, Error::kWrongKind},
        Refusal{"Address", [](ImageInfo &i) { i.load_address = 0; }, Error::kWrongAddress},
        Refusal{"Downgrade", [](ImageInfo &i) { i.version.build = 3; }, Error::kDowngrade}),
    [](const auto &test) { return test.param.name; });

TEST(Verify, RefusesWhatIsTooLargeForItsPlace) {
  Requirements wanted = example_requirements();
  wanted.max_payload_bytes = 699;
  EXPECT_EQ(check(packed(), wanted), Error::kTooLarge);
  wanted = example_requirements();
  wanted.max_total_bytes = 800;
  EXPECT_EQ(check(packed(), wanted), Error::kTooLarge);
}

TEST(Verify, TellsAStrangersKeyFromABadSignature) {
  const auto stranger = SigningKey::generate();
  ASSERT_TRUE(stranger.ok());
  auto foreign = *pack(payload_bytes(), example_info(), *stranger);
  EXPECT_EQ(check(foreign), Error::kUnknownKey);
  // The stranger claims our key id: then only the signature can tell.
  const auto own = packed();
  constexpr std::size_t kKeyIdFromEnd = kSignatureBytes + 4 + kKeyIdBytes;
  std::copy_n(own.end() - kKeyIdFromEnd, kKeyIdBytes, foreign.end() - kKeyIdFromEnd);
  EXPECT_EQ(check(foreign), Error::kBadSignature);
}

TEST(Verify, AHeaderThatClaimsAnotherBoardsNameIsSeenByTheName) {
  ImageInfo info = example_info();
  auto image = packed(info);
  // Same id and CRC, but the name field inside says something else: refused before hashing.
  image[kHeaderBytes + 700 + 4] ^= 1;
  EXPECT_EQ(check(image), Error::kWrongBoard);
}

TEST(Verify, SealFieldsMustBeThereAndOfTheirSize) {
  auto image = packed();
  Header header = *parse_header(image);
  header.seal_bytes = static_cast<std::uint16_t>(header.seal_bytes - kSignatureBytes - 4);
  encode_header(header, std::span<std::uint8_t, kHeaderBytes>(image.data(), kHeaderBytes));
  EXPECT_EQ(check(image), Error::kMissingField);
  header.seal_bytes = static_cast<std::uint16_t>(header.seal_bytes - 1);
  encode_header(header, std::span<std::uint8_t, kHeaderBytes>(image.data(), kHeaderBytes));
  EXPECT_EQ(check(image), Error::kMalformedField);
}

} // namespace
} // namespace tinyml::image
