// SPDX-License-Identifier: Apache-2.0
#include "protocol/senml/cbor.hpp"
#include "protocol/senml/json.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <random>

namespace tinyml::senml {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

Error error_of(const Bytes &pack) {
  CborReader reader(pack);
  while (reader.next()) {
  }
  return reader.error();
}

/// The value of `[{2: <number>}]`.
double number(std::string_view hex) {
  const Bytes pack = from_hex("81a102" + std::string(hex));
  CborReader reader(pack);
  const auto record = reader.next();
  EXPECT_TRUE(record) << hex;
  const Value value = record.value_or(Record{}).value;
  return value.kind == Kind::kInteger ? static_cast<double>(value.integer) : value.real;
}

TEST(CborReader, reads_the_example_of_rfc8428_section_6) {
  // The example of figure 5 with the base unit, base time and decimal values as RFC 8949 floats.
  const Bytes pack = from_hex("82"
                              "a6"
                              "21"
                              "78"
                              "1b"
                              "75726e3a6465763a6f773a3130653230373361303130383030363a"
                              "22"
                              "fb41d303a15b001062"
                              "23"
                              "6141"
                              "20"
                              "05"
                              "00"
                              "67766f6c74616765"
                              "01"
                              "6156"
                              "a2"
                              "00"
                              "6763757272656e74"
                              "06"
                              "24");
  CborReader reader(pack);
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->base_name, "urn:dev:ow:10e2073a0108006:");
  EXPECT_EQ(first->name, "voltage");
  EXPECT_DOUBLE_EQ(first->base_time.real, 1276020076.001);
  const auto second = reader.next();
  ASSERT_TRUE(second);
  std::uint8_t room[64];
  EXPECT_EQ(second->full_name(room), "urn:dev:ow:10e2073a0108006:current");
  EXPECT_EQ(second->time.integer, -5);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.error(), Error::kNone);
}

TEST(CborReader, reads_numbers_of_every_width) {
  const struct {
    const char *hex;
    double value;
  } cases[] = {
      {"00", 0},
      {"17", 23},
      {"1818", 24},
      {"1903e8", 1000},
      {"1a000f4240", 1e6},
      {"20", -1},
      {"3903e7", -1000},
      {"f93c00", 1.0},
      {"f98000", -0.0},
      {"f90001", 5.960464477539063e-8},
      {"f90400", 0.00006103515625},
      {"f97bff", 65504},
      {"f9c400", -4.0},
      {"fa47c35000", 100000},
      {"fb3ff199999999999a", 1.1},
      {"f903ff", 6.097555160522461e-5},
      {"1b7fffffffffffffff", 9223372036854775807.0},
  };
  for (const auto &known : cases) {
    EXPECT_EQ(number(known.hex), known.value) << known.hex;
  }
  EXPECT_TRUE(std::isnan(number("f97e00")));
  EXPECT_EQ(number("f9fc00"), -INFINITY);
}

TEST(CborReader, takes_indefinite_arrays_and_maps_and_skips_what_it_does_not_know) {
  // [_ {_ "x": [1, {"a": [_ ]}, 1("t")], 0: "n", 4: true}]
  const Bytes pack = from_hex("9fbf"
                              "6178"
                              "8301a161619fffc16174"
                              "00616e"
                              "04f5"
                              "ffff");
  CborReader reader(pack);
  const auto record = reader.next();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->name, "n");
  EXPECT_TRUE(record->value.boolean);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.error(), Error::kNone);
}

TEST(CborReader, names_what_is_wrong) {
  const struct {
    const char *what;
    const char *hex;
    Error error;
  } cases[] = {
      {"nothing", "", Error::kTruncated},
      {"not an array", "a0", Error::kMalformed},
      {"record is no map", "8101", Error::kMalformed},
      {"second record missing", "82a0", Error::kTruncated},
      {"bytes behind",
       "80"
       "00",
       Error::kMalformed},
      {"text cut",
       "81a10063"
       "6162",
       Error::kTruncated},
      {"text of 2^64-1", "81a1007bffffffffffffffff61", Error::kTruncated},
      {"bignum", "81a102c249010000000000000000", Error::kNumber},
      {"unsigned beyond int64", "81a1021bffffffffffffffff", Error::kNumber},
      {"negative beyond int64", "81a1023bffffffffffffffff", Error::kNumber},
      {"name is a number", "81a10001", Error::kType},
      {"text value is a number", "81a10301", Error::kType},
      {"boolean is null", "81a104f6", Error::kType},
      {"two values", "81a2020104f5", Error::kType},
      {"base value",
       "81a1"
       "24"
       "01",
       Error::kUnsupported},
      {"version 11",
       "81a1"
       "20"
       "0b",
       Error::kUnsupported},
      {"must-understand label",
       "81a1"
       "62785f"
       "01",
       Error::kUnsupported},
      {"indefinite text", "81a1007f6161ff", Error::kUnsupported},
      {"break in a definite map", "81a1ff", Error::kMalformed},
      {"reserved head", "81a1001c", Error::kMalformed},
      {"deep unknown",
       "81a16178"
       "8181818181818181818100",
       Error::kTooDeep},
      {"endless unknown",
       "81a16178"
       "9bffffffffffffffff",
       Error::kTruncated},
      {"label is an array", "81a18001", Error::kType},
  };
  for (const auto &bad : cases) {
    EXPECT_EQ(error_of(from_hex(bad.hex)), bad.error) << bad.what;
  }
}

TEST(CborWriter, what_it_writes_reads_back) {
  std::uint8_t buffer[256];
  CborWriter writer(buffer);
  const Bytes blob = {1, 2, 3};
  writer.base_name("/42769/0/");
  writer.base_time(1700000000);
  writer.record("0", Value::of(std::int64_t{-70000}));
  writer.record("1", Value::of(0.1));
  writer.record("2", 0.5F);
  writer.record("3", Value::of(true));
  writer.record("4/1", Value::of("text"));
  writer.record("5", Value::of(ByteView(blob)));
  writer.record("6", Value::link("3:0"));
  writer.record("7", Value{});
  const auto records = parse_cbor(writer.finish());
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 8U);
  EXPECT_EQ((*records)[0].name, "/42769/0/0");
  EXPECT_EQ((*records)[0].value.integer, -70000);
  EXPECT_EQ((*records)[0].time, 1700000000.0);
  EXPECT_EQ((*records)[1].value.real, 0.1);
  EXPECT_EQ((*records)[2].value.real, 0.5);
  EXPECT_TRUE((*records)[3].value.boolean);
  EXPECT_EQ((*records)[4].value.text(), "text");
  EXPECT_THAT((*records)[5].value.bytes, testing::ElementsAreArray(blob));
  EXPECT_EQ((*records)[6].value.kind, Kind::kObjectLink);
  EXPECT_EQ((*records)[6].value.text(), "3:0");
  EXPECT_EQ((*records)[7].value.kind, Kind::kNone);
}

TEST(CborWriter, widens_the_array_head_when_there_are_many_records) {
  for (const std::size_t count : {0UL, 23UL, 24UL, 255UL, 256UL}) {
    Bytes buffer(4096);
    CborWriter writer(buffer);
    for (std::size_t i = 0; i < count; ++i) {
      writer.record("n", Value::of(static_cast<std::int64_t>(i)));
    }
    const auto records = parse_cbor(writer.finish());
    ASSERT_TRUE(records.ok()) << count;
    EXPECT_EQ(records->size(), count);
  }
}

TEST(CborWriter, gives_nothing_when_the_buffer_is_too_small) {
  std::size_t fitting = 0;
  for (std::size_t room = 0; room < 16; ++room) {
    Bytes buffer(room);
    CborWriter writer(buffer);
    writer.record("abc", Value::of("xyz"));
    fitting += writer.finish().empty() ? 0U : 1U;
  }
  EXPECT_EQ(fitting, 16U - 12U); // array, map, label, text of 3, label, text of 3
}

TEST(CborReader, survives_mutated_packs) {
  std::uint8_t buffer[128];
  CborWriter writer(buffer);
  writer.base_name("/3/0/");
  writer.record("0", Value::of("Acme"));
  writer.record("9", Value::of(std::int64_t{95}));
  const ByteView pack = writer.finish();
  std::mt19937 random(11);
  for (int run = 0; run < 50000; ++run) {
    Bytes bytes(pack.begin(), pack.end());
    for (unsigned i = 1 + random() % 4; i > 0; --i) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    bytes.resize(random() % (bytes.size() + 1));
    (void)error_of(bytes);
  }
}

} // namespace
} // namespace tinyml::senml
