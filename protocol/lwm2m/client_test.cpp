// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/client.hpp"

#include "protocol/coap/fixed_storage.hpp"
#include "protocol/lwm2m/firmware_object.hpp"
#include "protocol/lwm2m/private_objects.hpp"
#include "protocol/lwm2m/server_profile.hpp"
#include "protocol/lwm2m/server_values.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <random>

namespace tinyml::lwm2m {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr coap::PeerId kServer{0x7F0000010000 | 5683};
constexpr coap::PeerId kStranger{0x7F0000010000 | 9999};

constexpr std::string_view kExtensions[] = {"thumb2"};
constexpr ProfileSlot kSlots[] = {{0x10000, 0x80000}, {0x90000, 0x80000}};
constexpr Profile kProfile = {.board = "mps2-an385",
                              .isa = "armv7-m",
                              .extensions = kExtensions,
                              .clock_hz = 25'000'000,
                              .slots = kSlots,
                              .os_name = "tinyml-libos"};

using Coap = coap::Endpoint<coap::FixedStorage<>>;
using Objects = ObjectSet<ServerObject, DeviceObject, FirmwareObject, TextDisplayObject,
                          CapabilityObject, InferenceResultObject>;

struct Device {
  ServerObject account;
  DeviceObject device{DeviceFacts{.board = "mps2-an385",
                                  .serial = "s1",
                                  .firmware_version = "0.1.0",
                                  .store_bytes = 1 << 20,
                                  .store_free_bytes = 1 << 19}};
  FirmwareObject firmware{"0.1.0", UpdateResult::kInitial};
  TextDisplayObject display;
  CapabilityObject capability{kProfile};
  InferenceResultObject result;
  Objects objects{account, device, firmware, display, capability, result};
  Coap coap{coap::Parameters{}, 42};
  Client<Objects, Coap> client{ClientConfig{"dev-1", kServer, "</infer>;ct=42"}, objects, account,
                               coap, 7};
};

/// Everything of a datagram that a test looks at, owned.
struct Answer {
  std::vector<std::uint8_t> bytes;

  [[nodiscard]] coap::MessageView view() const { return *coap::MessageView::parse(bytes); }
  [[nodiscard]] coap::Code code() const { return view().code(); }
  [[nodiscard]] std::string text() const { return std::string(view().payload_text()); }
};

class ClientTest : public testing::Test {
protected:
  std::vector<Answer> drain() {
    std::vector<Answer> sent;
    device.client.poll(now);
    while (const auto event = device.coap.poll(now)) {
      if (event.kind == coap::EventKind::kSend) {
        sent.push_back({{event.datagram.begin(), event.datagram.end()}});
      } else {
        device.client.handle(event, now);
      }
    }
    return sent;
  }

  std::vector<Answer> receive(ByteView datagram, coap::PeerId from = kServer) {
    if (const auto event = device.coap.receive(from, datagram, now)) {
      device.client.handle(event, now);
    }
    return drain();
  }

  struct Request {
    coap::Code method = coap::Code::kGet;
    std::string path;
    std::optional<Format> accept;
    std::optional<Format> format;
    std::string payload;
    std::optional<std::uint32_t> observe;
    std::string query;
    coap::PeerId from = kServer;
    std::optional<coap::Block> block2;
    std::string echo;
  };

  Answer ask(const Request &r) {
    std::uint8_t buffer[1152];
    coap::MessageBuilder message(buffer, coap::Type::kConfirmable, r.method, ++message_id,
                                 coap::Token(as_bytes("tk")));
    if (r.observe) {
      message.option_uint(coap::OptionNumber::kObserve, *r.observe);
    }
    message.path(r.path);
    if (r.format) {
      message.content_format(static_cast<coap::ContentFormat>(*r.format));
    }
    if (!r.query.empty()) {
      message.query(r.query);
    }
    if (r.accept) {
      message.accept(static_cast<coap::ContentFormat>(*r.accept));
    }
    if (r.block2) {
      message.block(coap::OptionNumber::kBlock2, *r.block2);
    }
    if (!r.echo.empty()) {
      message.option(coap::OptionNumber::kEcho, std::string_view(r.echo));
    }
    if (!r.payload.empty()) {
      message.payload(r.payload);
    }
    const auto answers = receive(message.bytes(), r.from);
    return answers.empty() ? Answer{{0x60, 0, 0, 0}} : answers.front();
  }

  /// Answers the registration that the client sends first.
  void register_device() {
    const auto sent = drain();
    ASSERT_EQ(sent.size(), 1U);
    std::uint8_t buffer[64];
    coap::MessageBuilder created(buffer, coap::Type::kAcknowledgement, coap::Code::kCreated,
                                 sent[0].view().message_id(), sent[0].view().token());
    created.path("rd/abc", coap::OptionNumber::kLocationPath);
    receive(created.bytes());
    ASSERT_TRUE(device.client.registrar().registered());
  }

  Device device;
  coap::Millis now = 1000;
  std::uint16_t message_id = 0;
};

TEST_F(ClientTest, registers_with_endpoint_lifetime_version_and_objects) {
  const auto sent = drain();
  ASSERT_EQ(sent.size(), 1U);
  const coap::MessageView message = sent[0].view();
  EXPECT_EQ(message.code(), coap::Code::kPost);
  EXPECT_TRUE(message.path_is("rd"));
  EXPECT_EQ(message.query("ep"), "dev-1");
  EXPECT_EQ(message.query("lt"), "60");
  EXPECT_EQ(message.query("lwm2m"), "1.1");
  EXPECT_EQ(message.content_format(), coap::ContentFormat::kLink);
  EXPECT_EQ(sent[0].text(), "</>;rt=\"oma.lwm2m\";ct=112,</1/0>,</3/0>,</5/0>,</3341/0>,"
                            "</42769/0>,</42771/0>");
}

TEST_F(ClientTest, falls_back_to_version_1_0_when_1_1_is_refused) {
  const auto sent = drain();
  std::uint8_t buffer[64];
  coap::MessageBuilder refused(buffer, coap::Type::kAcknowledgement,
                               coap::Code::kPreconditionFailed, sent.at(0).view().message_id(),
                               sent.at(0).view().token());
  const auto again = receive(refused.bytes());
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].view().query("lwm2m"), "1.0");
}

TEST_F(ClientTest, updates_before_the_lifetime_ends_and_registers_again_when_forgotten) {
  register_device();
  now += 29'999;
  EXPECT_TRUE(drain().empty());
  now += 1;
  const auto update = drain();
  ASSERT_EQ(update.size(), 1U);
  EXPECT_TRUE(update[0].view().path_is("rd/abc"));
  std::uint8_t buffer[64];
  coap::MessageBuilder unknown(buffer, coap::Type::kAcknowledgement, coap::Code::kNotFound,
                               update[0].view().message_id(), update[0].view().token());
  const auto again = receive(unknown.bytes());
  ASSERT_EQ(again.size(), 1U);
  EXPECT_TRUE(again[0].view().path_is("rd"));
}

TEST_F(ClientTest, retries_with_growing_pauses_when_nobody_answers) {
  std::vector<coap::Millis> attempts;
  while (attempts.size() < 5) {
    for (const Answer &sent : drain()) {
      if (attempts.empty() || sent.view().message_id() != message_id) {
        attempts.push_back(now);
        message_id = sent.view().message_id();
      }
    }
    now =
        std::max(now + 1, std::min(device.client.next_deadline_ms(), device.coap.next_deadline()));
  }
  for (std::size_t i = 1; i < attempts.size(); ++i) {
    EXPECT_GE(attempts[i] - attempts[i - 1], 31'000U + (1000U << (i - 1)));
  }
}

TEST_F(ClientTest, reads_single_resources_as_text) {
  const struct {
    const char *path;
    const char *text;
  } cases[] = {{"3/0/0", "TinyMLaaS"}, {"3/0/1", "mps2-an385"}, {"3/0/21", "1024"},
               {"1/0/1", "60"},        {"5/0/3", "0"},          {"42771/0/0", "-1"},
               {"1/0/6", "0"},         {"5/0/9", "2"},          {"42771/0/1", "0.000000"}};
  for (const auto &c : cases) {
    const Answer answer = ask({.path = c.path, .accept = Format::kText});
    EXPECT_EQ(answer.code(), coap::Code::kContent) << c.path;
    EXPECT_EQ(answer.text(), c.text) << c.path;
  }
}

TEST_F(ClientTest, refuses_reads_that_are_not_possible) {
  const struct {
    const char *path;
    Format accept;
    coap::Code code;
  } cases[] = {{"4/0/0", Format::kText, coap::Code::kNotFound},
               {"3/1/0", Format::kText, coap::Code::kNotFound},
               {"3/0/99", Format::kText, coap::Code::kNotFound},
               {"3/0/4", Format::kText, coap::Code::kMethodNotAllowed},
               {"5/0/0", Format::kTlv, coap::Code::kMethodNotAllowed},
               {"3/0", Format::kText, coap::Code::kNotAcceptable},
               {"3/0/0", Format::kSenmlJson, coap::Code::kNotAcceptable},
               {"42769/0/16", Format::kTlv, coap::Code::kNotFound}};
  for (const auto &c : cases) {
    EXPECT_EQ(ask({.path = c.path, .accept = c.accept}).code(), c.code) << c.path;
  }
}

TEST_F(ClientTest, writes_text_and_refuses_strangers) {
  EXPECT_EQ(ask({.method = coap::Code::kPut, .path = "3341/0/5527", .payload = "seven"}).code(),
            coap::Code::kChanged);
  EXPECT_EQ(device.display.text(), "seven");
  EXPECT_EQ(ask({.method = coap::Code::kPut,
                 .path = "3341/0/5527",
                 .payload = "eight",
                 .from = kStranger})
                .code(),
            coap::Code::kUnauthorized);
  EXPECT_EQ(ask({.method = coap::Code::kPut, .path = "3/0/0", .payload = "me"}).code(),
            coap::Code::kMethodNotAllowed);
  EXPECT_EQ(device.display.text(), "seven");
}

TEST_F(ClientTest, executes_reboot_and_only_what_is_executable) {
  EXPECT_EQ(ask({.method = coap::Code::kPost, .path = "3/0/4"}).code(), coap::Code::kChanged);
  EXPECT_TRUE(device.device.take_reboot());
  EXPECT_EQ(ask({.method = coap::Code::kPost, .path = "3/0/0"}).code(),
            coap::Code::kMethodNotAllowed);
}

TEST_F(ClientTest, discovers_objects_resources_and_attributes) {
  EXPECT_EQ(ask({.method = coap::Code::kPut, .path = "1/0/1", .query = "pmin=5"}).code(),
            coap::Code::kChanged);
  EXPECT_EQ(ask({.path = "1", .accept = Format::kLinkFormat}).text(),
            "</1>,</1/0>,</1/0/0>,</1/0/1>;pmin=5,</1/0/6>,</1/0/7>,</1/0/8>");
  EXPECT_EQ(ask({.path = "1/0/1", .accept = Format::kLinkFormat}).text(), "</1/0/1>;pmin=5");
  EXPECT_THAT(ask({.path = ".well-known/core"}).text(), HasSubstr("</42771/0>,</infer>;ct=42"));
}

TEST_F(ClientTest, notifies_changes_but_not_before_pmin) {
  register_device();
  EXPECT_EQ(ask({.method = coap::Code::kPut, .path = "42771/0", .query = "pmin=10"}).code(),
            coap::Code::kChanged);
  const Answer first = ask({.path = "42771/0/3", .accept = Format::kText, .observe = 0});
  ASSERT_TRUE(first.view().has(coap::OptionNumber::kObserve));
  now += 5000;
  device.result.record({.class_index = 7});
  EXPECT_TRUE(drain().empty());
  EXPECT_EQ(device.client.next_deadline_ms(), 11'000U);
  now += 5000;
  const auto sent = drain();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].text(), "1");
  EXPECT_EQ(sent[0].view().token(), coap::Token(as_bytes("tk")));
}

TEST_F(ClientTest, notifies_unchanged_values_after_pmax_until_cancelled) {
  register_device();
  ask({.method = coap::Code::kPut, .path = "42771/0/3", .query = "pmax=20"});
  ask({.path = "42771/0/3", .accept = Format::kText, .observe = 0});
  now += 20'000;
  ASSERT_EQ(drain().size(), 1U);
  ask({.path = "42771/0/3", .accept = Format::kText, .observe = 1});
  now += 9'000;
  EXPECT_TRUE(drain().empty());
}

TEST_F(ClientTest, serves_large_answers_in_the_blocks_that_are_asked_for) {
  const Answer whole = ask({.path = "42769/0", .accept = Format::kTlv});
  std::string pieces;
  for (std::uint32_t number = 0;; ++number) {
    const Answer part =
        ask({.path = "42769/0", .accept = Format::kTlv, .block2 = coap::Block{number, false, 1}});
    ASSERT_EQ(part.code(), coap::Code::kContent);
    pieces += part.text();
    if (!part.view().block(coap::OptionNumber::kBlock2)->more) {
      break;
    }
  }
  EXPECT_EQ(pieces, whole.text());
}

TEST_F(ClientTest, reads_agree_in_tlv_and_senml_cbor) {
  device.result.record({.class_index = 7, .score = 0.5F, .raw_output = as_bytes("abc")});
  for (const std::uint16_t object : Objects::kIds) {
    const Path path = Path::of(object, 0);
    const std::string text = std::to_string(object) + "/0";
    const Answer tlv = ask({.path = text, .accept = Format::kTlv});
    const Answer cbor = ask({.path = text, .accept = Format::kSenmlCbor});
    const auto from_tlv = decode_values(path, 11542, tlv.view().payload());
    const auto from_cbor = decode_values(path, 112, cbor.view().payload());
    ASSERT_TRUE(from_tlv && from_cbor) << object;
    EXPECT_EQ(*from_tlv, *from_cbor) << object;
  }
}

TEST_F(ClientTest, tells_its_profile) {
  const Answer answer = ask({.path = "42769/0", .accept = Format::kSenmlCbor});
  const auto tree = decode_values(Path::of(42769, 0), 112, answer.view().payload());
  ASSERT_TRUE(tree);
  const auto profile = profile_from_values(*tree);
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile_to_json(*profile), profile_to_json(own(kProfile)));
}

TEST_F(ClientTest, takes_writes_in_tlv_and_senml_cbor) {
  const struct {
    const char *path;
    Format format;
    std::string payload;
    coap::Code code;
  } cases[] = {
      {"1/0", Format::kTlv, {'\xC1', 1, 90}, coap::Code::kChanged},
      {"1/0/1", Format::kTlv, {'\xC1', 1, 91}, coap::Code::kChanged},
      {"1/0", Format::kTlv, {'\xC1', 0, 91}, coap::Code::kMethodNotAllowed},
      {"1/0", Format::kTlv, {'\xC2', 1, 91}, coap::Code::kBadRequest},
      {"1/0/1",
       Format::kSenmlCbor,
       {'\x81', '\xA2', 0, '\x66', '/', '1', '/', '0', '/', '1', 2, '\x18', 92},
       coap::Code::kChanged},
      {"1/0/1", Format::kSenmlJson, "[]", coap::Code::kUnsupportedContentFormat},
  };
  for (const auto &c : cases) {
    EXPECT_EQ(
        ask({.method = coap::Code::kPut, .path = c.path, .format = c.format, .payload = c.payload})
            .code(),
        c.code);
  }
  EXPECT_EQ(device.account.lifetime_s(), 92U);
}

TEST_F(ClientTest, survives_sixty_thousand_mutated_datagrams) {
  register_device();
  std::mt19937 random(1);
  const auto pick = [&](std::size_t below) { return random() % below; };
  std::vector<std::vector<std::uint8_t>> seeds;
  const auto seed = [&](coap::Code code, std::string_view path, Format format,
                        std::string_view payload) {
    std::uint8_t buffer[128];
    coap::MessageBuilder message(buffer, coap::Type::kConfirmable, code, 1, coap::Token());
    message.option_uint(coap::OptionNumber::kObserve, 0).path(path);
    message.content_format(static_cast<coap::ContentFormat>(format)).query("pmin=1");
    message.accept(coap::ContentFormat::kLwm2mTlv).payload(payload);
    seeds.push_back({message.bytes().begin(), message.bytes().end()});
  };
  seed(coap::Code::kGet, "42769/0", Format::kTlv, "x");
  seed(coap::Code::kPut, "1/0", Format::kTlv, "\xC1\x01\x5A");
  seed(coap::Code::kPut, "5/0/1", Format::kText, "coap://1.2.3.4/x");
  seed(coap::Code::kPut, "1/0/1", Format::kSenmlCbor, "\x81\xA2\x21\x65/1/0/\x02\x01");
  seed(coap::Code::kPost, "3/0/4", Format::kText, "1");
  for (int i = 0; i < 60'000; ++i) {
    auto datagram = seeds[pick(seeds.size())];
    for (std::size_t flips = 1 + pick(5); flips > 0; --flips) {
      datagram[pick(datagram.size())] = static_cast<std::uint8_t>(random());
    }
    datagram.resize(pick(4) == 0 ? pick(datagram.size() + 1) : datagram.size());
    now += pick(3);
    receive(datagram, pick(2) == 0 ? kServer : kStranger);
  }
  now += 1'000'000;
  drain();
  EXPECT_EQ(ask({.path = "3/0/0", .accept = Format::kText}).text(), "TinyMLaaS");
}

TEST_F(ClientTest, challenges_strangers_before_large_answers) {
  const Request large = {.path = "42769/0", .accept = Format::kTlv, .from = kStranger};
  const Answer challenge = ask(large);
  EXPECT_EQ(challenge.code(), coap::Code::kUnauthorized);
  EXPECT_LT(challenge.bytes.size(), 32U);
  Request proven = large;
  proven.echo = challenge.view().find(coap::OptionNumber::kEcho)->text();
  EXPECT_EQ(ask(proven).code(), coap::Code::kContent);
  EXPECT_EQ(ask(large).code(), coap::Code::kContent);
  EXPECT_EQ(ask({.path = "3/0/0", .accept = Format::kText, .from = {1}}).code(),
            coap::Code::kContent);
}

TEST_F(ClientTest, firmware_object_follows_the_update_states) {
  using enum UpdateState;
  const auto write_uri = [&](std::string uri) {
    return ask({.method = coap::Code::kPut,
                .path = "5/0/1",
                .format = Format::kText,
                .payload = std::move(uri)})
        .code();
  };
  EXPECT_EQ(ask({.method = coap::Code::kPost, .path = "5/0/2"}).code(),
            coap::Code::kMethodNotAllowed);
  EXPECT_EQ(write_uri("coap://127.0.0.1/fw/1"), coap::Code::kChanged);
  EXPECT_EQ(device.firmware.state(), kDownloading);
  EXPECT_EQ(device.firmware.take_command(), FirmwareCommand::kDownload);
  EXPECT_EQ(write_uri("coap://127.0.0.1/fw/2"), coap::Code::kMethodNotAllowed);
  device.firmware.downloaded();
  EXPECT_EQ(ask({.method = coap::Code::kPost, .path = "5/0/2"}).code(), coap::Code::kChanged);
  EXPECT_EQ(device.firmware.take_command(), FirmwareCommand::kApply);
  EXPECT_EQ(device.firmware.state(), kUpdating);
  EXPECT_EQ(write_uri(""), coap::Code::kMethodNotAllowed);
  device.firmware.failed(UpdateResult::kUpdateFailed);
  EXPECT_EQ(write_uri(""), coap::Code::kChanged);
  EXPECT_EQ(device.firmware.result(), UpdateResult::kInitial);
}

} // namespace
} // namespace tinyml::lwm2m
