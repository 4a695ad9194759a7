// SPDX-License-Identifier: Apache-2.0
#include "protocol/tlv/tlv.hpp"

#include <gmock/gmock.h>
#include <random>
#include <vector>

namespace tinyml::tlv {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// OMA-TS-LightweightM2M_Core-V1_1 section 7.4.3.3: the start of the read of /3/0.
const Bytes device_object = {
    0xC8, 0x00, 0x14, 'O',  'p',  'e',  'n',  ' ',  'M',  'o',  'b',  'i', 'l',  'e',  ' ', 'A',
    'l',  'l',  'i',  'a',  'n',  'c',  'e',  0xC8, 0x01, 0x16, 'L',  'i', 'g',  'h',  't', 'w',
    'e',  'i',  'g',  'h',  't',  ' ',  'M',  '2',  'M',  ' ',  'C',  'l', 'i',  'e',  'n', 't',
    0xC8, 0x02, 0x09, '3',  '4',  '5',  '0',  '0',  '0',  '1',  '2',  '3', 0xC3, 0x03, '1', '.',
    '0',  0x86, 0x06, 0x41, 0x00, 0x01, 0x41, 0x01, 0x05, 0xC1, 0x09, 0x64};

TEST(TlvReader, reads_the_device_object_of_the_specification) {
  LeafReader reader(device_object);
  std::vector<std::string> seen;
  while (const auto leaf = reader.next()) {
    const bool text = leaf->resource <= 3;
    const std::string instance =
        leaf->resource_instance == Leaf::kNoId ? "" : "/" + std::to_string(leaf->resource_instance);
    seen.push_back(std::to_string(leaf->resource) + instance + "=" +
                   (text ? std::string(as_text(leaf->value))
                         : std::to_string(to_integer(leaf->value).value())));
  }
  EXPECT_EQ(reader.error(), Error::kNone);
  EXPECT_THAT(seen, testing::ElementsAre("0=Open Mobile Alliance", "1=Lightweight M2M Client",
                                         "2=345000123", "3=1.0", "6/0=1", "6/1=5", "9=100"));
}

TEST(TlvWriter, writes_the_device_object_of_the_specification) {
  std::uint8_t buffer[128];
  Writer writer(buffer);
  writer.text(Kind::kResource, 0, "Open Mobile Alliance");
  writer.text(Kind::kResource, 1, "Lightweight M2M Client");
  writer.text(Kind::kResource, 2, "345000123");
  writer.text(Kind::kResource, 3, "1.0");
  const std::size_t sources = writer.begin();
  writer.integer(Kind::kResourceInstance, 0, 1);
  writer.integer(Kind::kResourceInstance, 1, 5);
  writer.end(sources, Kind::kMultipleResource, 6);
  writer.integer(Kind::kResource, 9, 100);
  ASSERT_TRUE(writer.ok());
  EXPECT_THAT(writer.bytes(), testing::ElementsAreArray(device_object));
}

TEST(TlvReader, reads_nested_object_instances) {
  std::uint8_t buffer[64];
  Writer writer(buffer);
  for (const std::uint16_t instance : std::initializer_list<std::uint16_t>{0, 300}) {
    const std::size_t object = writer.begin();
    const std::size_t many = writer.begin();
    writer.text(Kind::kResourceInstance, 7, "x");
    writer.end(many, Kind::kMultipleResource, 1000);
    writer.boolean(Kind::kResource, 2, true);
    writer.end(object, Kind::kObjectInstance, instance);
  }
  LeafReader reader(writer.bytes());
  for (const std::uint16_t instance : std::initializer_list<std::uint16_t>{0, 300}) {
    const auto inner = reader.next();
    ASSERT_TRUE(inner);
    EXPECT_EQ(inner->object_instance, instance);
    EXPECT_EQ(inner->resource, 1000);
    EXPECT_EQ(inner->resource_instance, 7);
    const auto outer = reader.next();
    ASSERT_TRUE(outer);
    EXPECT_EQ(outer->object_instance, instance);
    EXPECT_EQ(outer->resource, 2);
    EXPECT_EQ(outer->resource_instance, Leaf::kNoId);
    EXPECT_EQ(to_boolean(outer->value), true);
  }
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.error(), Error::kNone);
}

TEST(TlvReader, names_what_is_wrong) {
  const struct {
    const char *what;
    Bytes bytes;
    Error error;
  } cases[] = {
      {"id missing", {0xC1}, Error::kTruncated},
      {"long id cut", {0xE1, 0x01}, Error::kTruncated},
      {"length missing", {0xC8, 0x01}, Error::kTruncated},
      {"length 24 cut", {0xD8, 0x01, 0x00, 0x00}, Error::kTruncated},
      {"value cut", {0xC8, 0x01, 0x05, 1, 2, 3, 4}, Error::kTruncated},
      {"inner value cut", {0x83, 0x06, 0x42, 0x00, 0x01}, Error::kTruncated},
      {"instance in instance", {0x04, 0x00, 0x02, 0x00, 0xC0, 0x00}, Error::kNesting},
      {"resource in multiple resource", {0x83, 0x06, 0xC1, 0x00, 0x01}, Error::kNesting},
      {"multiple in multiple", {0x84, 0x06, 0x82, 0x00, 0x40, 0x00}, Error::kNesting},
      {"bare instance in object", {0x03, 0x00, 0x41, 0x00, 0x01}, Error::kNesting},
  };
  for (const auto &bad : cases) {
    LeafReader reader(bad.bytes);
    while (reader.next()) {
    }
    EXPECT_EQ(reader.error(), bad.error) << bad.what;
  }
}

TEST(TlvWriter, writes_integers_in_the_shortest_form_and_reads_them_back) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{127}, std::int64_t{-128}, std::int64_t{128},
        std::int64_t{-32768}, std::int64_t{32768}, std::int64_t{INT32_MIN},
        std::int64_t{INT32_MAX} + 1, INT64_MIN, INT64_MAX}) {
    std::uint8_t buffer[16];
    Writer writer(buffer);
    writer.integer(Kind::kResource, 1, value);
    ASSERT_TRUE(writer.ok());
    const auto entry = Reader(writer.bytes()).next();
    ASSERT_TRUE(entry);
    EXPECT_EQ(to_integer(entry->value), value);
    const bool fits_byte = value >= -128 && value <= 127;
    EXPECT_EQ(entry->value.size() == 1, fits_byte);
  }
}

TEST(TlvWriter, keeps_every_length_class) {
  for (const std::size_t length : {0UL, 7UL, 8UL, 255UL, 256UL, 65535UL, 65536UL}) {
    const Bytes value(length, 0x5A);
    Bytes buffer(length + 6);
    Writer writer(buffer);
    writer.opaque(Kind::kResource, 0x1234, value);
    ASSERT_TRUE(writer.ok());
    Reader reader(writer.bytes());
    const auto entry = reader.next();
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->id, 0x1234);
    EXPECT_THAT(entry->value, testing::ElementsAreArray(value));
    EXPECT_FALSE(reader.next());
  }
}

TEST(TlvWriter, marks_itself_at_every_size_that_is_too_small) {
  for (std::size_t room = 0; room < 40; ++room) {
    Bytes buffer(room);
    Writer writer(buffer);
    const std::size_t object = writer.begin();
    writer.text(Kind::kResource, 1, "twenty bytes of text");
    writer.float64(Kind::kResource, 2, 1.5);
    writer.end(object, Kind::kObjectInstance, 0);
    EXPECT_EQ(writer.ok(), room >= 23 + 11 + 3) << room;
  }
}

TEST(TlvValues, floats_and_links_keep_their_values) {
  std::uint8_t buffer[64];
  Writer writer(buffer);
  writer.float32(Kind::kResource, 0, -0.25F);
  writer.float64(Kind::kResource, 1, 1e300);
  writer.object_link(Kind::kResource, 2, {66, 1});
  Reader reader(writer.bytes());
  EXPECT_EQ(to_float(reader.next()->value), -0.25);
  EXPECT_EQ(to_float(reader.next()->value), 1e300);
  EXPECT_EQ(to_object_link(reader.next()->value), (ObjectLink{66, 1}));
  const Bytes three = {1, 2, 3};
  EXPECT_FALSE(to_integer(three) || to_float(three) || to_object_link(three) || to_boolean(three));
  EXPECT_FALSE(to_boolean(Bytes{2}));
}

TEST(TlvReader, survives_random_bytes) {
  std::mt19937 random(7);
  for (int run = 0; run < 20000; ++run) {
    Bytes bytes(random() % 64);
    for (std::uint8_t &byte : bytes) {
      byte = static_cast<std::uint8_t>(random());
    }
    LeafReader reader(bytes);
    std::size_t total = 0;
    while (const auto leaf = reader.next()) {
      total += leaf->value.size();
    }
    EXPECT_LE(total, bytes.size());
  }
}

} // namespace
} // namespace tinyml::tlv
