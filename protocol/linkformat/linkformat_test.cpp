// SPDX-License-Identifier: Apache-2.0
#include "protocol/linkformat/linkformat.hpp"

#include <gmock/gmock.h>
#include <random>

namespace tinyml::linkformat {
namespace {

std::vector<Link> read_all(std::string_view text) {
  std::vector<Link> links;
  Reader reader(text);
  while (const auto link = reader.next()) {
    links.push_back(*link);
  }
  EXPECT_FALSE(reader.failed()) << text;
  return links;
}

TEST(LinkReader, reads_the_examples_of_rfc6690) {
  const auto links = read_all("</sensors>;ct=40;title=\"Sensor Index\",\n"
                              "</sensors/temp>;rt=\"temperature-c\";if=\"sensor\",\n"
                              "<http://www.example.com/sensors/t123>;anchor=\"/sensors/temp\""
                              ";rel=\"describedby\",</t>;obs");
  ASSERT_EQ(links.size(), 4U);
  EXPECT_EQ(links[0].target, "/sensors");
  EXPECT_EQ(links[0].find("ct")->value, "40");
  EXPECT_FALSE(links[0].find("ct")->quoted);
  EXPECT_EQ(links[0].find("title")->value, "Sensor Index");
  EXPECT_EQ(links[1].find("if")->value, "sensor");
  EXPECT_EQ(links[2].target, "http://www.example.com/sensors/t123");
  EXPECT_FALSE(links[2].find("obs"));
  EXPECT_FALSE(links[3].find("obs")->has_value);
}

TEST(LinkReader, reads_a_register_payload) {
  const auto links = read_all("</>;rt=\"oma.lwm2m\";ct=\"60 110 112\",</1/0>,</3/0>;ver=1.1");
  ASSERT_EQ(links.size(), 3U);
  EXPECT_EQ(links[0].find("ct")->value, "60 110 112");
  EXPECT_EQ(links[2].find("ver")->value, "1.1");
}

TEST(LinkReader, separators_inside_quotes_and_targets_do_not_separate) {
  const auto links = read_all(R"(</a,b;c>;t="x,y;\"z\\";u,</d>)");
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].target, "/a,b;c");
  std::uint8_t room[16];
  EXPECT_EQ(unescape(links[0].find("t")->value, room), R"(x,y;"z\)");
  EXPECT_FALSE(unescape(links[0].find("t")->value, ByteSpan(room).first(3)));
  EXPECT_TRUE(links[0].find("u"));
}

TEST(LinkReader, refuses_malformed_text) {
  for (const char *text :
       {"/a", "</a", "<", "</a>x", "</a>;", "</a>;=1", "</a>;t=\"x", "</a>;t=\"x\\", "</a>,",
        "</a>;;b", ",</a>", "</a></b>", "</a>;t=\"x\"y"}) {
    Reader reader(text);
    while (reader.next()) {
    }
    EXPECT_TRUE(reader.failed()) << text;
  }
}

TEST(LinkWriter, what_it_writes_reads_back) {
  std::uint8_t buffer[128];
  Writer writer(buffer);
  writer.link("/rd").attribute("rt", "core.rd").number("ct", 40).flag("obs");
  writer.link("/x").attribute("title", R"(say "hi" \o/)").number("sz", 4294967295U);
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(writer.text(),
            R"(</rd>;rt="core.rd";ct=40;obs,</x>;title="say \"hi\" \\o/";sz=4294967295)");
  const auto links = read_all(writer.text());
  ASSERT_EQ(links.size(), 2U);
  std::uint8_t room[32];
  EXPECT_EQ(unescape(links[1].find("title")->value, room), R"(say "hi" \o/)");
}

TEST(LinkWriter, marks_itself_when_the_buffer_is_too_small) {
  std::uint8_t buffer[8];
  Writer writer(buffer);
  writer.link("/rd").number("ct", 40);
  EXPECT_FALSE(writer.ok());
}

TEST(LinkReader, ends_on_random_text) {
  std::mt19937 random(3);
  const std::string_view alphabet = "</>;,=\"\\ab 1\n";
  for (int run = 0; run < 50000; ++run) {
    std::string text;
    for (std::size_t i = random() % 30; i > 0; --i) {
      text += alphabet[random() % alphabet.size()];
    }
    Reader reader(text);
    std::size_t links = 0;
    while (const auto link = reader.next()) {
      (void)link->find("a");
      ++links;
    }
    EXPECT_LE(links, text.size());
  }
}

} // namespace
} // namespace tinyml::linkformat
