// SPDX-License-Identifier: Apache-2.0
#include "protocol/senml/json.hpp"

#include <gmock/gmock.h>

namespace tinyml::senml {
namespace {

TEST(SenmlJson, reads_the_device_object_of_the_lwm2m_specification) {
  const auto records = parse_json(
      R"([{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"},{"n":"6/0","v":1},{"n":"9","v":100.5},)"
      R"({"n":"11/0","vb":false},{"n":"20","vd":"AQL_"},{"n":"22","vlo":"66:0"},{"bn":"/4/0/","n":"1"}])");
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 7U);
  EXPECT_EQ((*records)[0].name, "/3/0/0");
  EXPECT_EQ((*records)[0].value.text(), "Open Mobile Alliance");
  EXPECT_EQ((*records)[1].value.integer, 1);
  EXPECT_EQ((*records)[2].value.real, 100.5);
  EXPECT_EQ((*records)[3].value.kind, Kind::kBoolean);
  EXPECT_THAT((*records)[4].value.bytes, testing::ElementsAre(1, 2, 255));
  EXPECT_EQ((*records)[5].value.kind, Kind::kObjectLink);
  EXPECT_EQ((*records)[6].name, "/4/0/1");
  EXPECT_EQ((*records)[6].value.kind, Kind::kNone);
}

TEST(SenmlJson, adds_base_time_and_time) {
  const auto records = parse_json(R"([{"bn":"a","bt":100,"t":-5,"v":1},{"v":2}])");
  ASSERT_TRUE(records.ok());
  EXPECT_EQ((*records)[0].time, 95.0);
  EXPECT_EQ((*records)[1].time, 100.0);
}

TEST(SenmlJson, what_it_writes_reads_back) {
  const std::uint8_t blob[] = {0x00, 0xFF, 0x10};
  const std::vector<OwnedRecord> records = {
      {"/3/0/0", Value::of("quote \" and \xC3\xA4")},
      {"/3/0/6/1", Value::of(std::int64_t{-5}), 12.5},
      {"/3/0/9", Value::of(0.25)},
      {"/3/0/20", Value::of(ByteView(blob))},
      {"/3/0/22", Value::link("1:2")},
      {"/3/0/23", Value::of(true)},
  };
  const std::string text = write_json(records);
  EXPECT_THAT(text, testing::StartsWith(R"([{"bn":"/3/0/","n":"0","vs":)"));
  const auto back = parse_json(text);
  ASSERT_TRUE(back.ok());
  ASSERT_EQ(back->size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ((*back)[i].name, records[i].name);
    EXPECT_EQ((*back)[i].time, records[i].time);
    EXPECT_EQ((*back)[i].value.kind, records[i].value.kind);
    EXPECT_EQ((*back)[i].value.text(), records[i].value.text());
    EXPECT_EQ((*back)[i].value.integer, records[i].value.integer);
    EXPECT_EQ((*back)[i].value.real, records[i].value.real);
  }
}

TEST(SenmlJson, base64url_keeps_every_length) {
  for (std::size_t size = 0; size < 8; ++size) {
    const std::string blob(size, '\xA5');
    const auto back = parse_json(write_json({{"/x", Value::of(as_bytes(blob))}}));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->front().value.text(), blob);
  }
}

TEST(SenmlJson, names_what_is_wrong) {
  const struct {
    const char *text;
    Error error;
  } cases[] = {
      {"", Error::kMalformed},
      {"{}", Error::kMalformed},
      {"[1]", Error::kMalformed},
      {"[{\"n\":1}]", Error::kType},
      {"[{\"v\":\"x\"}]", Error::kType},
      {"[{\"v\":18446744073709551615}]", Error::kNumber},
      {"[{\"v\":1,\"vs\":\"x\"}]", Error::kType},
      {"[{\"vd\":\"A\"}]", Error::kType},
      {"[{\"vd\":\"A+==\"}]", Error::kType},
      {"[{\"bv\":1}]", Error::kUnsupported},
      {"[{\"bver\":11}]", Error::kUnsupported},
      {"[{\"x_\":1}]", Error::kUnsupported},
  };
  for (const auto &bad : cases) {
    const auto records = parse_json(bad.text);
    ASSERT_FALSE(records.ok()) << bad.text;
    EXPECT_EQ(records.error(), bad.error) << bad.text;
  }
}

TEST(SenmlJson, a_deeply_nested_text_is_refused_without_harm) {
  EXPECT_FALSE(parse_json(std::string(100000, '[')).ok());
  EXPECT_FALSE(parse_json(std::string(100000, '[') + std::string(100000, ']')).ok());
}

} // namespace
} // namespace tinyml::senml
