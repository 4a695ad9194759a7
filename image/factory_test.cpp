// SPDX-License-Identifier: Apache-2.0
#include "image/factory.hpp"

#include "base/crc32.hpp"

#include <array>
#include <gtest/gtest.h>

namespace tinyml::image {
namespace {

using Page = std::array<std::uint8_t, kFactoryPageBytes>;

constexpr std::array<std::uint8_t, kPublicKeyBytes> kKey{1, 2, 3};
constexpr std::array<std::uint8_t, kEntropySeedBytes> kSeed{7};
constexpr std::array<std::uint8_t, 6> kMac{2, 0, 0, 0, 0, 9};

FactoryPage full_page() { return {"dev-1", "coap://10.77.0.1:5683", kKey, kSeed, "SN 17", kMac}; }

Page encoded(const FactoryPage &fields) {
  Page page{};
  EXPECT_TRUE(encode_factory_page(fields, page));
  return page;
}

void refresh_crc(Page &page) {
  const std::size_t end = 8u + load_le<std::uint16_t>(page.data() + 6);
  store_le(page.data() + end, crc32(ByteView(page).first(end)));
}

TEST(Factory, ReadsBackWhatItWrote) {
  const Page page = encoded(full_page());
  const auto fields = parse_factory_page(page);
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(fields->endpoint, "dev-1");
  EXPECT_EQ(fields->server_uri, "coap://10.77.0.1:5683");
  EXPECT_TRUE(std::equal(kKey.begin(), kKey.end(), fields->signing_public_key.begin()));
  EXPECT_EQ(fields->entropy_seed.size(), kEntropySeedBytes);
  EXPECT_EQ(fields->serial, "SN 17");
  EXPECT_EQ(fields->mac[5], 9);
}

TEST(Factory, OptionalFieldsMayBeMissing) {
  FactoryPage fields = full_page();
  fields.entropy_seed = {};
  fields.serial = {};
  fields.mac = {};
  const Page page = encoded(fields);
  const auto parsed = parse_factory_page(page);
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->mac.empty());
  EXPECT_TRUE(parsed->serial.empty());
}

TEST(Factory, RefusesToWriteIllegalFields) {
  Page page{};
  FactoryPage fields = full_page();
  fields.endpoint = "";
  EXPECT_FALSE(encode_factory_page(fields, page));
  fields = full_page();
  fields.signing_public_key = ByteView(kKey).first(63);
  EXPECT_FALSE(encode_factory_page(fields, page));
  fields = full_page();
  const std::string long_uri(kMaxServerUriBytes + 1, 'u');
  fields.server_uri = long_uri;
  EXPECT_FALSE(encode_factory_page(fields, page));
  EXPECT_FALSE(encode_factory_page(full_page(), ByteSpan(page).first(kFactoryPageBytes - 1)));
}

TEST(Factory, LargestFieldsFitThePage) {
  const std::string endpoint(kMaxEndpointBytes, 'e');
  const std::string uri(kMaxServerUriBytes, 'u');
  const std::string serial(kMaxSerialBytes, 's');
  const Page page = encoded({endpoint, uri, kKey, kSeed, serial, kMac});
  EXPECT_TRUE(parse_factory_page(page).ok());
}

TEST(Factory, EveryFlippedBitBeforeThePaddingIsSeen) {
  const Page good = encoded(full_page());
  const std::size_t end = 12u + load_le<std::uint16_t>(good.data() + 6);
  for (std::size_t bit = 0; bit < end * 8; ++bit) {
    Page page = good;
    page[bit / 8] = static_cast<std::uint8_t>(page[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_FALSE(parse_factory_page(page).ok()) << "bit " << bit;
  }
}

TEST(Factory, TellsBlankFromDamagedFromLater) {
  Page page{};
  page.fill(0xFF);
  EXPECT_EQ(parse_factory_page(page).error(), FactoryError::kBlank);
  page = encoded(full_page());
  page[20] ^= 1;
  EXPECT_EQ(parse_factory_page(page).error(), FactoryError::kDamaged);
  page[4] = 2;
  EXPECT_EQ(parse_factory_page(page).error(), FactoryError::kVersion);
  EXPECT_EQ(parse_factory_page(ByteView(page).first(100)).error(), FactoryError::kTruncated);
}

TEST(Factory, RefusesFieldsThatOverrunOrAreCriticalAndUnknown) {
  Page page = encoded(full_page());
  page[10] = 0xFF; // endpoint runs past all fields
  page[11] = 0x7F;
  refresh_crc(page);
  EXPECT_EQ(parse_factory_page(page).error(), FactoryError::kMalformed);

  page = encoded(full_page());
  const std::size_t mac = 8u + load_le<std::uint16_t>(page.data() + 6) - 10u;
  page[mac] = 99; // unknown, may be ignored
  refresh_crc(page);
  EXPECT_TRUE(parse_factory_page(page).ok());
  page[mac + 1] = 0x40; // unknown and critical
  refresh_crc(page);
  EXPECT_EQ(parse_factory_page(page).error(), FactoryError::kMalformed);
}

} // namespace
} // namespace tinyml::image
