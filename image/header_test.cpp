// SPDX-License-Identifier: Apache-2.0
#include "image/header.hpp"

#include "base/crc32.hpp"

#include <array>
#include <gtest/gtest.h>

namespace tinyml::image {
namespace {

using Bytes = std::array<std::uint8_t, kHeaderBytes>;

Header example() {
  Header header;
  header.payload_bytes = 100000;
  header.info_bytes = 77;
  header.seal_bytes = 116;
  header.flags = kFlagRaisesFloor;
  header.board_id = board_id_of("mps2-an385");
  header.abi_version = 1;
  header.version = {1, 2, 345, 67890};
  header.entry_offset = 0x40;
  header.load_address = 0x8000;
  return header;
}

Bytes encoded(const Header &header) {
  Bytes bytes{};
  encode_header(header, bytes);
  return bytes;
}

/// Changes a byte and makes the CRC right again: what a hostile maker would do.
Error error_of(std::size_t at, std::uint8_t value) {
  Bytes bytes = encoded(example());
  bytes[at] = value;
  store_le(bytes.data() + 60, crc32(ByteView(bytes).first(60)));
  const auto parsed = parse_header(bytes);
  return parsed ? Error::kNone : parsed.error();
}

TEST(Header, ReadsBackWhatItWrote) {
  const auto header = parse_header(encoded(example()));
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->payload_bytes, 100000u);
  EXPECT_EQ(header->info_offset(), 100064u);
  EXPECT_EQ(header->total_bytes(), 100064u + 77 + 116);
  EXPECT_EQ(header->version, (Version{1, 2, 345, 67890}));
  EXPECT_EQ(header->flags, kFlagRaisesFloor);
  EXPECT_EQ(header->entry_offset, 0x40u);
  EXPECT_EQ(header->load_address, 0x8000u);
  EXPECT_EQ(header->board_id, board_id_of("mps2-an385"));
}

TEST(Header, BytesAreThoseOfTheSpecification) {
  const Bytes bytes = encoded(example());
  EXPECT_EQ(as_text(ByteView(bytes).first(4)), "TMLI");
  EXPECT_EQ(bytes[4], 1);    // format version
  EXPECT_EQ(bytes[6], 64);   // header bytes
  EXPECT_EQ(bytes[8], 0xA0); // 100000 little-endian
  EXPECT_EQ(bytes[16], 1);   // image
  EXPECT_EQ(bytes[17], 1);   // binary
  EXPECT_EQ(bytes[28], 1);   // version 1.2.345+67890
  EXPECT_EQ(bytes[29], 2);
  EXPECT_EQ(load_le<std::uint16_t>(bytes.data() + 30), 345);
  EXPECT_EQ(load_le<std::uint32_t>(bytes.data() + 32), 67890u);
  EXPECT_EQ(load_le<std::uint32_t>(bytes.data() + 60), crc32(ByteView(bytes).first(60)));
}

TEST(Header, EveryFlippedBitIsSeen) {
  for (std::size_t bit = 0; bit < std::size_t{kHeaderBytes} * 8; ++bit) {
    Bytes bytes = encoded(example());
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_FALSE(parse_header(bytes).ok()) << "bit " << bit;
  }
}

TEST(Header, RefusesClaimsThatContradictEvenWithAGoodCrc) {
  EXPECT_EQ(error_of(0, 'X'), Error::kNotAnImage);
  EXPECT_EQ(error_of(4, 2), Error::kUnsupportedFormat);
  EXPECT_EQ(error_of(6, 65), Error::kUnsupportedFormat);
  EXPECT_EQ(error_of(11, 0xFF), Error::kHeaderDamaged); // payload of almost 4 GiB
  EXPECT_EQ(error_of(13, 0xFF), Error::kHeaderDamaged); // 65 KB of info
  EXPECT_EQ(error_of(15, 0xFF), Error::kHeaderDamaged); // 65 KB of seal
  EXPECT_EQ(error_of(16, 0), Error::kHeaderDamaged);    // no such kind
  EXPECT_EQ(error_of(16, 2), Error::kHeaderDamaged);    // a module with an image's payload
  EXPECT_EQ(error_of(17, 9), Error::kHeaderDamaged);    // no such payload
  EXPECT_EQ(error_of(39, 0x80), Error::kHeaderDamaged); // entry outside the payload
}

TEST(Header, TooShortIsTruncated) {
  const Bytes bytes = encoded(example());
  EXPECT_EQ(parse_header(ByteView(bytes).first(63)).error(), Error::kTruncated);
  EXPECT_EQ(parse_header({}).error(), Error::kTruncated);
}

TEST(Version, OrdersByMajorMinorPatchBuild) {
  EXPECT_LT((Version{1, 2, 3, 4}), (Version{1, 2, 3, 5}));
  EXPECT_LT((Version{1, 2, 3, 400}), (Version{1, 2, 4, 0}));
  EXPECT_LT((Version{1, 9, 0, 0}), (Version{2, 0, 0, 0}));
}

} // namespace
} // namespace tinyml::image
