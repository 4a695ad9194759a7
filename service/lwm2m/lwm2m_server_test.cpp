// SPDX-License-Identifier: Apache-2.0
#include "service/lwm2m/lwm2m_server.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <random>

namespace tinyml::service {
namespace {

using coap::Code;
using coap::OptionNumber;
using coap::Type;

constexpr coap::PeerId kDevice{0x7F000001'9C40}; // 127.0.0.1:40000
constexpr coap::PeerId kElsewhere{0x7F000001'9C41};

/// One datagram from a device, built option by option.
class Datagram {
public:
  Datagram(Code code, std::uint16_t id, std::string_view path, Type type = Type::kConfirmable)
      : builder_(buffer_, type, code, id, coap::Token(as_bytes("tk"))) {
    builder_.path(path);
  }
  Datagram &query(std::string_view text) {
    builder_.query(text);
    return *this;
  }
  coap::MessageBuilder &message() { return builder_; }
  Datagram &links(std::string_view payload = "</3/0>,</5/0>") {
    builder_.content_format(coap::ContentFormat::kLink).payload(payload);
    return *this;
  }
  [[nodiscard]] ByteView bytes() const { return builder_.bytes(); }

private:
  std::array<std::uint8_t, 1400> buffer_{};
  coap::MessageBuilder builder_;
};

struct Sent {
  coap::PeerId to;
  std::vector<std::uint8_t> bytes;
  [[nodiscard]] coap::MessageView view() const { return *coap::MessageView::parse(bytes); }
};

class Lwm2mServerTest : public testing::Test {
protected:
  Lwm2mServerTest()
      : server_(1, {.now_ms = [this] { return now_; },
                    .send =
                        [this](coap::PeerId to, ByteView datagram) {
                          sent_.push_back({to, {datagram.begin(), datagram.end()}});
                        },
                    .registration =
                        [this](lwm2m::RegistryEvent event, const std::string &endpoint,
                               const lwm2m::Registration *) {
                          events_ += endpoint + ":" + std::to_string(static_cast<int>(event)) + " ";
                        },
                    .seen = [](const std::string &) {},
                    .trace =
                        [this](const std::string &, const ExchangeRecord &record) {
                          traces_.push_back(record.method + " " + record.path + " " + record.code);
                        },
                    .find_image =
                        [](const std::string &build) {
                          return build == "b" ? std::make_shared<const std::vector<std::uint8_t>>(
                                                    3000, std::uint8_t{7})
                                              : nullptr;
                        },
                    .pulled = [this](const std::string &, const std::string &,
                                     std::int64_t bytes) { pulled_ = bytes; },
                    .asked = [] {}}) {}

  /// Sends a datagram and returns the answer's view (valid until the next call).
  coap::MessageView ask(const Datagram &datagram, coap::PeerId from = kDevice) {
    sent_.clear();
    server_.receive(from, datagram.bytes());
    server_.poll();
    return sent_.empty() ? coap::MessageView() : sent_.back().view();
  }
  std::string register_device(std::uint16_t id = 1, coap::PeerId from = kDevice) {
    const auto answer = ask(Datagram(Code::kPost, id, "rd")
                                .query("ep=dev")
                                .query("lt=60")
                                .query("lwm2m=1.1")
                                .query("b=U")
                                .links(),
                            from);
    EXPECT_EQ(answer.code(), Code::kCreated);
    return "rd/" + std::string(answer.path_segment(1, OptionNumber::kLocationPath).value_or("?"));
  }
  void read(const std::function<void(const CoapAnswer &)> &done) {
    server_.ask("dev",
                {.request = lwm2m::read_request(lwm2m::Path::of(3, 0, 0), lwm2m::Format::kText),
                 .callbacks = {.done = done}});
    server_.poll();
  }
  /// Answers the request the server sent last.
  void answer(Code code, std::string_view payload, coap::PeerId from = kDevice) {
    const Sent request = sent_.back();
    std::array<std::uint8_t, 200> buffer{};
    coap::MessageBuilder reply(buffer, Type::kAcknowledgement, code, request.view().message_id(),
                               request.view().token());
    reply.payload(payload);
    server_.receive(from, reply.bytes());
    server_.poll();
  }

  coap::Millis now_ = 1000;
  std::vector<Sent> sent_;
  std::string events_;
  std::vector<std::string> traces_;
  std::int64_t pulled_ = 0;
  Lwm2mServer server_;
};

TEST_F(Lwm2mServerTest, registers_updates_and_deregisters) {
  const std::string location = register_device();
  EXPECT_EQ(ask(Datagram(Code::kPost, 2, location)).code(), Code::kChanged);
  EXPECT_EQ(ask(Datagram(Code::kDelete, 3, location)).code(), Code::kDeleted);
  EXPECT_EQ(ask(Datagram(Code::kPost, 4, location)).code(), Code::kNotFound);
  EXPECT_EQ(events_, "dev:1 dev:3 dev:4 ");
  EXPECT_EQ(traces_.size(), 3U);
  EXPECT_EQ(traces_[0], "POST /rd 2.01");
}

TEST_F(Lwm2mServerTest, says_what_it_has) {
  const auto answer = ask(Datagram(Code::kGet, 1, ".well-known/core"));
  EXPECT_EQ(answer.code(), Code::kContent);
  EXPECT_THAT(std::string(answer.payload_text()), testing::HasSubstr("</rd>;rt=\"core.rd\""));
  EXPECT_EQ(ask(Datagram(Code::kGet, 2, "nothing")).code(), Code::kNotFound);
  EXPECT_EQ(ask(Datagram(Code::kPut, 3, ".well-known/core")).code(), Code::kMethodNotAllowed);
}

TEST_F(Lwm2mServerTest, asks_one_thing_at_a_time_and_follows_a_device_to_a_new_address) {
  const std::string location = register_device();
  std::vector<std::string> answers;
  const auto done = [&](const CoapAnswer &a) { answers.push_back(describe(a)); };
  sent_.clear();
  read(done);
  read(done);
  ASSERT_EQ(sent_.size(), 1U) << "the second waits";
  answer(Code::kContent, "x");
  ASSERT_EQ(answers.size(), 1U);
  answer(Code::kNotFound, "");
  EXPECT_THAT(answers, testing::ElementsAre("2.05", "4.04"));
  ask(Datagram(Code::kPost, 9, location), kElsewhere);
  sent_.clear();
  read(done);
  EXPECT_EQ(sent_.back().to, kElsewhere);
}

TEST_F(Lwm2mServerTest, a_restart_of_the_device_cancels_what_was_asked) {
  register_device();
  std::vector<std::string> answers;
  read([&](const CoapAnswer &a) { answers.push_back(describe(a)); });
  read([&](const CoapAnswer &a) { answers.push_back(describe(a)); });
  const Sent old = sent_.back();
  register_device(5);
  EXPECT_THAT(answers, testing::ElementsAre("cancelled", "cancelled"));
  std::array<std::uint8_t, 100> buffer{};
  const coap::MessageBuilder late(buffer, Type::kAcknowledgement, Code::kContent,
                                  old.view().message_id(), old.view().token());
  server_.receive(kDevice, late.bytes());
  EXPECT_EQ(answers.size(), 2U) << "a late answer counts for nothing";
}

TEST_F(Lwm2mServerTest, a_silent_device_is_given_up_and_an_unknown_one_at_once) {
  register_device();
  std::string end;
  read([&](const CoapAnswer &a) { end = describe(a); });
  for (int i = 0; i < 10 && server_.next_deadline() != coap::kNever; ++i) {
    now_ = std::max(now_, server_.next_deadline());
    server_.poll();
  }
  EXPECT_EQ(end, "timeout");
  server_.ask("nobody", {.callbacks = {.done = [&](const CoapAnswer &a) { end = describe(a); }}});
  EXPECT_EQ(end, "cancelled");
}

TEST_F(Lwm2mServerTest, a_lifetime_that_passes_ends_the_registration) {
  register_device();
  now_ += 60'000;
  server_.expire();
  EXPECT_EQ(events_, "dev:1 ");
  now_ += 60'000;
  server_.expire();
  EXPECT_EQ(events_, "dev:1 dev:4 ");
  EXPECT_EQ(server_.registered(), 0U);
}

TEST_F(Lwm2mServerTest, images_go_out_block_by_block_to_who_is_where_it_says) {
  register_device();
  const auto block = [&](std::uint16_t id, std::uint32_t number, ByteView echo) {
    Datagram get(Code::kGet, id, "fw/b");
    get.message().block(OptionNumber::kBlock2, coap::Block{number, false, 6});
    if (!echo.empty()) {
      get.message().option(OptionNumber::kEcho, echo);
    }
    return ask(get);
  };
  const auto challenge = block(10, 0, {});
  EXPECT_EQ(challenge.code(), Code::kUnauthorized);
  const auto option = challenge.find(OptionNumber::kEcho);
  ASSERT_TRUE(option);
  const std::vector<std::uint8_t> echo(option->value.begin(), option->value.end());
  const auto first = block(11, 0, echo);
  EXPECT_EQ(first.code(), Code::kContent);
  EXPECT_EQ(first.find_uint(OptionNumber::kSize2), 3000U);
  EXPECT_TRUE(first.has(OptionNumber::kETag));
  EXPECT_EQ(first.payload().size(), 1024U);
  EXPECT_EQ(pulled_, 1024);
  const auto last = block(12, 2, {});
  EXPECT_EQ(last.payload().size(), 3000U - 2048U);
  EXPECT_FALSE(last.block(OptionNumber::kBlock2)->more);
  EXPECT_EQ(pulled_, 3000);
  EXPECT_EQ(traces_.back(), "GET /fw/b 2.05");
  EXPECT_EQ(block(13, 3, {}).code(), Code::kBadRequest);
  EXPECT_EQ(ask(Datagram(Code::kGet, 14, "fw/other")).code(), Code::kNotFound);
}

TEST_F(Lwm2mServerTest, a_registration_may_come_in_blocks) {
  std::string links = "</3/0>";
  for (int i = 0; i < 200; ++i) {
    links += ",</3303/" + std::to_string(i) + ">";
  }
  const auto send = [&](std::uint16_t id, std::uint32_t number) {
    Datagram post(Code::kPost, id, "rd");
    const std::size_t offset = number * 1024U;
    const bool more = offset + 1024 < links.size();
    post.query("ep=big").query("lt=60").query("lwm2m=1.1");
    post.message().block(OptionNumber::kBlock1, coap::Block{number, more, 6});
    post.links(std::string_view(links).substr(offset, 1024));
    return ask(post).code();
  };
  std::uint32_t number = 0;
  for (; (number + 1) * 1024U < links.size(); ++number) {
    EXPECT_EQ(send(static_cast<std::uint16_t>(number), number), Code::kContinue);
  }
  EXPECT_EQ(send(99, number), Code::kCreated);
  ASSERT_NE(server_.find("big"), nullptr);
  EXPECT_EQ(server_.find("big")->objects.size(), 201U);
  EXPECT_EQ(send(100, 1), Code::kRequestEntityIncomplete) << "a block without its beginning";
}

TEST_F(Lwm2mServerTest, survives_the_two_datagrams_that_end_a_known_server) {
  register_device();
  Datagram again(Code::kPost, 2, "rd");
  again.query("ep=dev").query("lt=60").query("lwm2m=1.1");
  again.message().block(OptionNumber::kBlock1, coap::Block{0, true, 2});
  again.links("</3/0>,</5/0>,</1/0>,</4/0>,</6/0>,</7/0>,</8/0>,</99/0>,</9/0>");
  EXPECT_NE(ask(again).code(), Code::kEmpty);
  EXPECT_NE(server_.find("dev"), nullptr);
  EXPECT_EQ(ask(Datagram(Code::kGet, 3, ".well-known/core")).code(), Code::kContent);
}

TEST_F(Lwm2mServerTest, sixty_thousand_mutated_datagrams_do_no_harm) {
  std::mt19937 random(4711);
  const std::string location = register_device();
  std::vector<std::vector<std::uint8_t>> seeds;
  const auto seed = [&](const Datagram &one) {
    seeds.emplace_back(one.bytes().begin(), one.bytes().end());
  };
  seed(Datagram(Code::kPost, 2, "rd").query("ep=dev").query("lt=60").query("lwm2m=1.1").links());
  seed(Datagram(Code::kPost, 3, location).query("lt=90"));
  seed(Datagram(Code::kGet, 4, "fw/b"));
  seed(Datagram(Code::kGet, 5, ".well-known/core"));
  Datagram blockwise(Code::kPost, 6, "rd");
  blockwise.query("ep=x").message().block(OptionNumber::kBlock1, coap::Block{0, true, 0});
  seed(blockwise.links("</3/0>,</5/0>,<"));
  for (int i = 0; i < 60'000; ++i) {
    std::vector<std::uint8_t> bytes = seeds[random() % seeds.size()];
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    bytes.resize(1 + random() % bytes.size());
    server_.receive({kDevice.value + random() % 50}, bytes);
    server_.poll();
    now_ += 1;
  }
  sent_.clear();
  EXPECT_EQ(ask(Datagram(Code::kGet, 60'001, ".well-known/core"), {kDevice.value + 99}).code(),
            Code::kContent);
}

/// Prints the CPU time of a Register; the bound is loose, since the machine is shared.
TEST_F(Lwm2mServerTest, the_cost_of_a_registration_does_not_grow_with_their_number) {
  constexpr int kDevices = 20'000;
  double first_us = 0;
  double last_us = 0;
  for (int batch = 0; batch < 10; ++batch) {
    const auto before = std::clock();
    for (int i = 0; i < kDevices / 10; ++i) {
      const int number = batch * kDevices / 10 + i;
      Datagram post(Code::kPost, 1, "rd");
      post.query("ep=dev-" + std::to_string(number)).query("lt=600").query("lwm2m=1.1").links();
      server_.receive({kDevice.value + static_cast<unsigned>(number)}, post.bytes());
      server_.poll();
    }
    last_us = 1e6 * static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC / (kDevices / 10);
    first_us = batch == 0 ? last_us : first_us;
    sent_.clear();
    traces_.clear();
    events_.clear();
  }
  EXPECT_EQ(server_.registered(), static_cast<std::size_t>(kDevices));
  RecordProperty("us_per_register_first", std::to_string(first_us));
  RecordProperty("us_per_register_last", std::to_string(last_us));
  std::printf("Register: %.1f us with few devices, %.1f us with %d\n", first_us, last_us, kDevices);
  EXPECT_LT(last_us, 20 * first_us + 100);
}

} // namespace
} // namespace tinyml::service
