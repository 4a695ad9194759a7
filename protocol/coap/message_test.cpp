// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/message.hpp"

#include <gmock/gmock.h>
#include <vector>

namespace tinyml::coap {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// RFC 7252 figure 16: a confirmable GET /temperature.
const Bytes get_temperature = {0x40, 0x01, 0x7d, 0x34, 0xbb, 't', 'e', 'm',
                               'p',  'e',  'r',  'a',  't',  'u', 'r', 'e'};

TEST(MessageView, reads_the_example_request_of_rfc7252) {
  const auto message = MessageView::parse(get_temperature);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->type(), Type::kConfirmable);
  EXPECT_EQ(message->code(), Code::kGet);
  EXPECT_EQ(message->message_id(), 0x7d34);
  EXPECT_EQ(message->token().size(), 0U);
  EXPECT_TRUE(message->path_is("temperature"));
  EXPECT_TRUE(message->payload().empty());
}

TEST(MessageBuilder, writes_the_example_request_of_rfc7252) {
  std::uint8_t buffer[32];
  MessageBuilder builder(buffer, Type::kConfirmable, Code::kGet, 0x7d34, Token());
  builder.path("temperature");
  ASSERT_TRUE(builder.ok());
  EXPECT_THAT(builder.bytes(), testing::ElementsAreArray(get_temperature));
}

struct BadDatagram {
  const char *what;
  Bytes bytes;
  ParseError error;
};

TEST(MessageView, refuses_every_format_error) {
  const BadDatagram cases[] = {
      {"short", {0x40, 0x01, 0x00}, ParseError::kTooShort},
      {"empty", {}, ParseError::kTooShort},
      {"version 0", {0x00, 0x01, 0, 0}, ParseError::kVersion},
      {"version 2", {0x80, 0x01, 0, 0}, ParseError::kVersion},
      {"token of 9", {0x49, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, ParseError::kTokenLength},
      {"token cut", {0x44, 1, 0, 0, 1, 2, 3}, ParseError::kTokenLength},
      {"empty with token", {0x41, 0, 0, 0, 1}, ParseError::kEmptyNotEmpty},
      {"empty with payload", {0x40, 0, 0, 0, 0xFF, 1}, ParseError::kEmptyNotEmpty},
      {"delta 15", {0x40, 1, 0, 0, 0xF0}, ParseError::kOptionReserved},
      {"length 15", {0x40, 1, 0, 0, 0x1F}, ParseError::kOptionReserved},
      {"option cut", {0x40, 1, 0, 0, 0xB4, 't'}, ParseError::kOptionTruncated},
      {"delta byte cut", {0x40, 1, 0, 0, 0xD0}, ParseError::kOptionTruncated},
      {"length bytes cut", {0x40, 1, 0, 0, 0x0E, 0}, ParseError::kOptionTruncated},
      {"number overflow", {0x40, 1, 0, 0, 0xE0, 0xFF, 0xFF}, ParseError::kOptionNumber},
      {"marker without payload", {0x40, 1, 0, 0, 0xFF}, ParseError::kEmptyPayload},
  };
  for (const BadDatagram &bad : cases) {
    const auto message = MessageView::parse(bad.bytes);
    ASSERT_FALSE(message.ok()) << bad.what;
    EXPECT_EQ(message.error(), bad.error) << bad.what;
  }
}

TEST(MessageBuilder, sorts_options_that_are_added_in_any_order) {
  std::uint8_t sorted_buffer[400];
  std::uint8_t mixed_buffer[400];
  MessageBuilder sorted(sorted_buffer, Type::kConfirmable, Code::kPost, 7, Token(as_bytes("tok")));
  sorted.option_uint(OptionNumber::kObserve, 0).path("a/b");
  sorted.content_format(ContentFormat::kLwm2mTlv).query("x=1").query("y=2");
  sorted.block(OptionNumber::kBlock2, {0, false, 4}).option(OptionNumber::kEcho, as_bytes("echo"));
  sorted.option(OptionNumber::kRequestTag, as_bytes("r")).payload("body");
  MessageBuilder mixed(mixed_buffer, Type::kConfirmable, Code::kPost, 7, Token(as_bytes("tok")));
  mixed.option(OptionNumber::kRequestTag, as_bytes("r")).query("x=1");
  mixed.option(OptionNumber::kEcho, as_bytes("echo")).path("a/b");
  mixed.block(OptionNumber::kBlock2, {0, false, 4}).content_format(ContentFormat::kLwm2mTlv);
  mixed.query("y=2").option_uint(OptionNumber::kObserve, 0).payload("body");
  ASSERT_TRUE(sorted.ok());
  ASSERT_TRUE(mixed.ok());
  EXPECT_THAT(mixed.bytes(), testing::ElementsAreArray(sorted.bytes()));
}

} // namespace
} // namespace tinyml::coap
