// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/server_profile.hpp"
#include "protocol/lwm2m/server_registry.hpp"
#include "protocol/lwm2m/server_values.hpp"
#include "protocol/lwm2m/test_server.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <random>

namespace tinyml::lwm2m {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Method = RegistryRequest::Method;

class RegistryTest : public testing::Test {
protected:
  RegistryReply send(Method method, std::vector<std::string_view> path,
                     std::vector<std::string_view> query, std::string_view payload = "",
                     const std::string &peer = "10.0.0.1:5000") {
    return registry.handle({method, path, query, {}, as_bytes(payload)}, peer, now);
  }
  RegistryReply enrol(std::string_view query = "ep=dev",
                      const std::string &peer = "10.0.0.1:5000") {
    return send(Method::kPost, {"rd"}, {query, "lt=100", "lwm2m=1.1", "b=U"},
                "</>;rt=\"oma.lwm2m\";ct=112,</1/0>,</3/0>;ver=1.1", peer);
  }

  Registry registry{42};
  std::uint64_t now = 1000;
};

TEST_F(RegistryTest, registers_and_tells_a_location) {
  const auto reply = enrol();
  EXPECT_EQ(reply.code, 0x41);
  EXPECT_EQ(reply.event, RegistryEvent::kRegistered);
  ASSERT_EQ(reply.location.size(), 2U);
  const Registration *known = registry.find("dev");
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->version, Version::k1_1);
  EXPECT_EQ(known->lifetime_s, 100U);
  EXPECT_THAT(known->objects,
              ElementsAre(ObjectLink{Path::of(1, 0), ""}, ObjectLink{Path::of(3, 0), "1.1"}));
  EXPECT_TRUE(known->speaks(Format::kSenmlCbor));
  EXPECT_EQ(registry.find_location(reply.location[1]), known);
}

TEST_F(RegistryTest, accepts_what_real_clients_send) {
  const struct {
    std::vector<std::string_view> query;
    std::string_view links;
    Version version;
    bool queue;
  } cases[] = {
      {{"ep=a"}, "</1>,</3/0>", Version::k1_0, false},
      {{"ep=a", "b=UQ", "lwm2m=1.0"}, "</1/0>", Version::k1_0, true},
      {{"ep=a", "lwm2m=1.2", "Q", "foo=bar"}, "</>;ct=\"60 110 112\",</5/0>", Version::k1_2, true},
      {{"lwm2m=1.1", "ep=urn:imei:1234", "sms=1"},
       "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/1/0>",
       Version::k1_1,
       false},
      {{"ep=a"}, "", Version::k1_0, false},
  };
  for (const auto &c : cases) {
    const auto reply = send(Method::kPost, {"rd"}, c.query, c.links);
    EXPECT_EQ(reply.code, 0x41) << c.links << reply.diagnostic;
    const Registration *known = registry.find(reply.endpoint);
    ASSERT_NE(known, nullptr);
    EXPECT_EQ(known->version, c.version);
    EXPECT_EQ(known->queue_mode, c.queue);
  }
  EXPECT_EQ(registry.find("urn:imei:1234")->root_path, "/lwm2m");
  EXPECT_TRUE(registry.find("urn:imei:1234")->has(1));
}

TEST_F(RegistryTest, refuses_bad_registrations_with_a_reason) {
  const struct {
    std::vector<std::string_view> query;
    std::string_view links;
    std::uint8_t code;
    const char *reason;
  } cases[] = {
      {{}, "", 0x80, "'ep' is missing"},
      {{"ep="}, "", 0x80, "1 to 64"},
      {{"ep=a", "ep=b"}, "", 0x80, "twice"},
      {{"ep=a/b"}, "", 0x80, "1 to 64"},
      {{"ep=a\n"}, "", 0x80, "printable"},
      {{"ep=a", "lt=0"}, "", 0x80, "'lt'"},
      {{"ep=a", "lt=4294967296"}, "", 0x80, "'lt'"},
      {{"ep=a", "lt=-5"}, "", 0x80, "'lt'"},
      {{"ep=a", "lwm2m=2.0"}, "", 0x8C, "1.0, 1.1 and 1.2"},
      {{"ep=a", "b=XYZ"}, "", 0x80, "binding"},
      {{"ep=a"}, "</1/0>,<<", 0x80, "link format"},
  };
  for (const auto &c : cases) {
    const auto reply = send(Method::kPost, {"rd"}, c.query, c.links);
    EXPECT_EQ(reply.code, c.code);
    EXPECT_THAT(reply.diagnostic, HasSubstr(c.reason));
    EXPECT_EQ(reply.event, RegistryEvent::kNone);
  }
  EXPECT_TRUE(registry.all().empty());
}

TEST_F(RegistryTest, an_endpoint_from_a_new_address_keeps_its_location) {
  const auto first = enrol();
  now += 50;
  const auto second = enrol("ep=dev", "10.0.0.9:1");
  EXPECT_EQ(second.event, RegistryEvent::kReplaced);
  EXPECT_TRUE(second.address_changed);
  EXPECT_EQ(second.location, first.location);
  EXPECT_EQ(registry.all().size(), 1U);
  EXPECT_EQ(registry.find_peer("10.0.0.9:1"), registry.find("dev"));
  EXPECT_EQ(registry.find_peer("10.0.0.1:5000"), nullptr);
}

TEST_F(RegistryTest, updates_follow_the_device_and_deregistration_ends_it) {
  const std::string location = enrol().location[1];
  now += 90'000;
  const auto update = send(Method::kPost, {"rd", location}, {"lt=200"}, "</5/0>", "10.0.0.9:1");
  EXPECT_EQ(update.code, 0x44);
  EXPECT_TRUE(update.address_changed);
  EXPECT_EQ(registry.find("dev")->lifetime_s, 200U);
  EXPECT_TRUE(registry.find("dev")->has(5));
  EXPECT_FALSE(registry.find("dev")->has(1));
  EXPECT_EQ(send(Method::kPost, {"rd", location}, {"lt=x"}).code, 0x80);
  EXPECT_EQ(registry.find("dev")->lifetime_s, 200U);
  EXPECT_EQ(send(Method::kDelete, {"rd", location}, {}).code, 0x42);
  EXPECT_EQ(send(Method::kPost, {"rd", location}, {}).code, 0x84);
  EXPECT_EQ(registry.find("dev"), nullptr);
}

TEST_F(RegistryTest, expires_silent_devices_after_a_grace) {
  enrol();
  now += 100'000;
  EXPECT_TRUE(registry.expire(now).empty());
  now += 10'001;
  const auto gone = registry.expire(now);
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].endpoint, "dev");
  EXPECT_TRUE(registry.all().empty());
}

TEST_F(RegistryTest, a_flood_of_names_is_bounded) {
  Registry small(1, 10);
  for (int i = 0; i < 100; ++i) {
    const std::string name = "ep=" + std::to_string(i);
    const std::string_view query[] = {name};
    const std::string_view path[] = {"rd"};
    const auto reply = small.handle({Method::kPost, path, query, {}, {}}, "p", 0);
    EXPECT_EQ(reply.code, i < 10 ? 0x41 : 0xA3);
  }
}

constexpr coap::PeerId kPeer{77};

/// A registration as a datagram; with a Block1 option when `block` is set.
std::vector<std::uint8_t> registration(std::string_view endpoint,
                                       std::optional<coap::Block> block = {}) {
  std::uint8_t buffer[256];
  coap::MessageBuilder message(buffer, coap::Type::kConfirmable, coap::Code::kPost, 7,
                               coap::Token(as_bytes("t")));
  message.path("rd").content_format(coap::ContentFormat::kLink).query(endpoint);
  if (block) {
    message.block(coap::OptionNumber::kBlock1, *block);
  }
  message.payload("</1/0>,</3/0>");
  return {message.bytes().begin(), message.bytes().end()};
}

TEST(ServerHostile, survives_the_two_datagrams_that_kill_a_known_server) {
  TestServer server;
  server.receive(kPeer, registration("ep=X"), 1);
  auto blocked = registration("ep=X", coap::Block{0, false, 2});
  blocked[3] = 8; // another message id
  server.receive(kPeer, blocked, 2);
  for (std::uint32_t number = 0; number < 3; ++number) {
    auto more = registration("ep=X", coap::Block{number, true, 0});
    more[3] = static_cast<std::uint8_t>(9 + number);
    server.receive(kPeer, more, 3 + number);
  }
  EXPECT_EQ(server.take_outgoing().size(), 5U);
  EXPECT_NE(server.registry().find("X"), nullptr);
}

TEST(ServerHostile, survives_sixty_thousand_mutated_datagrams) {
  TestServer server;
  std::mt19937 random(1);
  const auto pick = [&](std::size_t below) { return random() % below; };
  const std::vector<std::uint8_t> seeds[] = {registration("ep=X"),
                                             registration("ep=Y", coap::Block{1, true, 6})};
  for (int i = 0; i < 60'000; ++i) {
    auto datagram = seeds[pick(2)];
    for (std::size_t flips = 1 + pick(6); flips > 0; --flips) {
      datagram[pick(datagram.size())] = static_cast<std::uint8_t>(random());
    }
    datagram.resize(pick(4) == 0 ? pick(datagram.size() + 1) : datagram.size());
    server.receive({pick(50)}, datagram, static_cast<coap::Millis>(i));
    server.poll(static_cast<coap::Millis>(i));
    static_cast<void>(server.take_outgoing());
  }
  server.receive(kPeer, registration("ep=honest"), 10'000'000);
  EXPECT_NE(server.registry().find("honest"), nullptr);
}

std::vector<std::uint8_t> bytes(std::initializer_list<int> values) {
  return {values.begin(), values.end()};
}

TEST(Values, decode_every_content_format) {
  const auto number = [](std::int64_t n) { return ServerValue(n); };
  const struct {
    Path path;
    Format format;
    std::vector<std::uint8_t> payload;
    PathValue first;
  } cases[] = {
      {Path::of(5, 0, 3), Format::kText, bytes({'2'}), {Path::of(5, 0, 3), number(2)}},
      {Path::of(5, 0, 3), Format::kTlv, bytes({0xC1, 3, 2}), {Path::of(5, 0, 3), number(2)}},
      {Path::of(5, 0), Format::kTlv, bytes({0xC1, 3, 2}), {Path::of(5, 0, 3), number(2)}},
      {Path::of(5), Format::kTlv, bytes({0x03, 0, 0xC1, 3, 2}), {Path::of(5, 0, 3), number(2)}},
      {Path::of(42769, 0),
       Format::kTlv,
       bytes({0x83, 9, 0x41, 1, 7}),
       {Path::of(42769, 0, 9).child(1), number(7)}},
      {Path::of(42770, 0, 1),
       Format::kOpaque,
       bytes({1, 2}),
       {Path::of(42770, 0, 1), bytes({1, 2})}},
      {Path::of(5, 0, 3),
       Format::kSenmlJson,
       [] {
         const ByteView text = as_bytes(R"([{"bn":"/5/0/","n":"3","v":2}])");
         return std::vector<std::uint8_t>(text.begin(), text.end());
       }(),
       {Path::of(5, 0, 3), number(2)}},
  };
  for (const auto &c : cases) {
    const auto tree = decode_values(c.path, static_cast<std::uint16_t>(c.format), c.payload);
    ASSERT_TRUE(tree) << tree.error().message;
    EXPECT_THAT(*tree, ElementsAre(c.first));
  }
}

TEST(Values, refuse_what_does_not_fit_the_request) {
  const struct {
    Path path;
    Format format;
    std::vector<std::uint8_t> payload;
  } cases[] = {
      {Path::of(5, 0, 3), Format::kText, bytes({'x'})},
      {Path::of(5, 0), Format::kText, bytes({'2'})},
      {Path::of(5, 0, 3), Format::kTlv, bytes({0xC3, 3, 2})},
      {Path::of(5, 0, 3), Format::kTlv, bytes({0xC1, 5, 2})},
      {Path::of(5, 0, 3), Format::kTlv, bytes({0xC3, 3, 1, 2, 3})},
      {Path::of(5, 0, 3), Format::kLinkFormat, {}},
      {Path::of(5, 0, 3), Format::kSenmlCbor, bytes({0x81, 0xA1})},
  };
  for (const auto &c : cases) {
    EXPECT_FALSE(decode_values(c.path, static_cast<std::uint16_t>(c.format), c.payload));
  }
}

TEST(ProfileJson, survives_a_round_trip_and_the_documents_example_is_one) {
  std::ifstream document(TINYML_SOURCE_DIR "/docs/device-profile.md");
  const std::string text((std::istreambuf_iterator<char>(document)), {});
  const std::size_t from = text.find("```json") + 7;
  const auto example = nlohmann::json::parse(text.substr(from, text.find("```", from) - from));
  const auto profile = profile_from_json(example);
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->slots.size(), 2U);
  EXPECT_EQ(profile_to_json(*profile), example);
}

TEST(ProfileJson, names_the_key_that_is_wrong) {
  nlohmann::json json = profile_to_json(OwnedProfile{});
  json["clock_hz"] = -1;
  EXPECT_THAT(profile_from_json(json).error().message, HasSubstr("'clock_hz'"));
  json.erase("clock_hz");
  EXPECT_THAT(profile_from_json(json).error().message, HasSubstr("'clock_hz' is missing"));
}

TEST(ServerProfile, is_read_from_the_capability_object) {
  const auto object = [](std::uint16_t resource) { return Path::of(42769, 0, resource); };
  const ValueTree tree = {{object(capability::kBoard), "b"},
                          {object(capability::kIsa), "i"},
                          {object(capability::kExtensions).child(0), "thumb2"},
                          {object(capability::kRam), std::int64_t{64}},
                          {object(capability::kRamFree), std::int64_t{32}},
                          {object(capability::kSlotAddress).child(0), std::int64_t{4096}},
                          {object(capability::kSlotSize).child(0), std::int64_t{8192}}};
  const auto profile = profile_from_values(tree);
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->extensions, std::vector<std::string>{"thumb2"});
  EXPECT_EQ(profile->slots.at(0).size_bytes, 8192U);
  EXPECT_FALSE(profile_from_values({}));
}

} // namespace
} // namespace tinyml::lwm2m
