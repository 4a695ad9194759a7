// SPDX-License-Identifier: Apache-2.0
#include "os/boot/lent_heap.hpp"

#include "image/crypto.hpp"
#include "image/factory.hpp"
#include "os/boot/mbedtls_config.h"
#include "os/boot/services.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

/// The bootloader's cryptography as a device has it: mbedTLS from source with the small
/// configuration, numbers of 32-bit digits, memory lent by the caller. Pointers are wider here, so
/// that the memory found sufficient is an upper bound for a device.
namespace tinyml::boot {
namespace {

std::vector<std::uint8_t> from_hex(std::string_view hex) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

/// RFC 6979, appendix A.2.5: P-256, SHA-256, message "sample".
std::vector<std::uint8_t> public_key() {
  return from_hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
}
std::vector<std::uint8_t> good_signature() {
  return from_hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
}

std::array<std::uint8_t, image::kHashBytes> digest_of(std::string_view text) {
  std::array<std::uint8_t, image::kHashBytes> digest{};
  image::Sha256 hash;
  image::sha256_start(hash);
  image::sha256_update(hash, as_bytes(text));
  image::sha256_finish(hash, digest);
  return digest;
}

image::Error check_with(ByteSpan memory) {
  const auto digest = digest_of("sample");
  const LentHeap heap(memory);
  return image::ecdsa_p256_check(public_key(), digest, good_signature());
}

TEST(SmallMbedtls, ChecksAStandardSignatureInTheWorkspaceOfAService) {
  alignas(8) std::uint8_t memory[kWorkspaceBytes - image::kFactoryPageBytes];
  EXPECT_EQ(check_with(memory), image::Error::kNone);
}

TEST(SmallMbedtls, RefusesEveryWrongBitOfAStandardSignature) {
  alignas(8) std::uint8_t memory[kWorkspaceBytes - image::kFactoryPageBytes];
  const auto digest = digest_of("sample");
  for (std::size_t bit = 0; bit < image::kSignatureBytes * 8; bit += 5) {
    auto signature = good_signature();
    signature[bit / 8] = static_cast<std::uint8_t>(signature[bit / 8] ^ (1u << (bit % 8)));
    const LentHeap heap(memory);
    EXPECT_EQ(image::ecdsa_p256_check(public_key(), digest, signature),
              image::Error::kBadSignature);
  }
}

TEST(SmallMbedtls, WithTooLittleMemoryItSaysSoAtEverySize) {
  alignas(8) std::uint8_t memory[kWorkspaceBytes];
  std::size_t enough = 0;
  for (std::size_t size = 0; enough == 0 && size <= sizeof(memory); size += 8) {
    const image::Error error = check_with(ByteSpan(memory).first(size));
    if (error == image::Error::kNone) {
      enough = size;
    } else {
      ASSERT_EQ(error, image::Error::kNoMemory) << size;
    }
  }
  std::printf("memory that a signature check needs here: %zu bytes\n", enough);
  EXPECT_GT(enough, 0u);
  EXPECT_LE(enough + image::kFactoryPageBytes, kWorkspaceBytes);
}

TEST(LentHeap, GivesZeroedAlignedBlocksThatDoNotOverlap) {
  alignas(8) std::array<std::uint8_t, 2048> memory{};
  memory.fill(0xA5);
  const LentHeap heap(memory);
  std::minstd_rand random(7);
  struct Block {
    std::uint8_t *at;
    std::size_t size;
    std::uint8_t mark;
  };
  std::vector<Block> blocks;
  for (unsigned step = 0; step < 20000; ++step) {
    if (!blocks.empty() && random() % 2 == 0) {
      const std::size_t which = random() % blocks.size();
      const Block block = blocks[which];
      ASSERT_TRUE(std::all_of(block.at, block.at + block.size,
                              [&](std::uint8_t byte) { return byte == block.mark; }));
      tinyml_lent_free(block.at);
      blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(which));
      continue;
    }
    const std::size_t size = 1 + random() % 200;
    auto *at = static_cast<std::uint8_t *>(tinyml_lent_calloc(1, size));
    if (at == nullptr) {
      continue;
    }
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(at) % 8, 0u);
    ASSERT_TRUE(at >= memory.data() && at + size <= memory.data() + memory.size());
    ASSERT_TRUE(std::all_of(at, at + size, [](std::uint8_t byte) { return byte == 0; }));
    const auto mark = static_cast<std::uint8_t>(1 + step % 255);
    std::fill_n(at, size, mark);
    blocks.push_back({at, size, mark});
  }
  for (const Block &block : blocks) {
    tinyml_lent_free(block.at);
  }
  EXPECT_NE(tinyml_lent_calloc(1, memory.size() - 8), nullptr) << "freed blocks were not joined";
}

TEST(LentHeap, RefusesWhatOverflowsOrIsNotThere) {
  alignas(8) std::uint8_t memory[64];
  EXPECT_EQ(tinyml_lent_calloc(1, 8), nullptr) << "nothing is lent";
  const LentHeap heap(memory);
  EXPECT_EQ(tinyml_lent_calloc(SIZE_MAX / 2, 4), nullptr);
  EXPECT_EQ(tinyml_lent_calloc(1, SIZE_MAX), nullptr);
  EXPECT_EQ(tinyml_lent_calloc(1, 64), nullptr);
  EXPECT_NE(tinyml_lent_calloc(0, 0), nullptr);
  tinyml_lent_free(nullptr);
}

} // namespace
} // namespace tinyml::boot
