// SPDX-License-Identifier: Apache-2.0
// The client against a server of the same protocol code on loopback.
#include "training/run/coap_client.hpp"

#include "protocol/coap/fixed_storage.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace tinyml::coordinator {
namespace {

/// Takes one body, gives it back, both block by block; loses some datagrams.
class EchoServer {
public:
  EchoServer() : link_(*open_loopback_link()) {
    thread_ = std::jthread([this](const std::stop_token &stop) { serve(stop); });
  }

  [[nodiscard]] net::Endpoint address() const { return link_->local(); }

private:
  void serve(const std::stop_token &stop) {
    coap::Endpoint<coap::FixedStorage<coap::DeviceLimits>> endpoint({}, 1);
    while (!stop.stop_requested()) {
      const auto datagram = link_->receive(std::chrono::milliseconds(10));
      if (!datagram || ++received_ % 5 == 0) {
        continue;
      }
      const coap::PeerId peer{std::uint64_t{datagram->from.address.bits} << 16U |
                              datagram->from.port};
      const coap::Event event = endpoint.receive(peer, datagram->payload, now());
      if (event.kind == coap::EventKind::kRequest) {
        answer(endpoint, event);
      }
      for (auto next = endpoint.poll(now()); next; next = endpoint.poll(now())) {
        if (next.kind == coap::EventKind::kSend) {
          (void)link_->send(datagram->from, next.datagram);
        }
      }
    }
  }

  template <typename Endpoint> void answer(Endpoint &endpoint, const coap::Event &event) {
    if (event.message.code() == coap::Code::kPut) {
      const auto piece = sink_.accept(event.peer, event.message, 1U << 20U);
      if (piece.first) {
        body_.clear();
      }
      body_.insert(body_.end(), piece.bytes.begin(), piece.bytes.end());
      auto reply = endpoint.reply(event.request, coap::BlockSink::code_for(piece.status));
      sink_.add_to(reply.message);
      (void)endpoint.send(reply, now());
      return;
    }
    const bool known = event.message.path_is("body");
    auto reply =
        endpoint.reply(event.request, known ? coap::Code::kContent : coap::Code::kNotFound);
    if (known) {
      const auto window =
          coap::BlockWindow::of(event.message, static_cast<std::uint32_t>(body_.size()));
      const std::uint8_t tag[] = {1, 2, 3};
      reply.message.option(coap::OptionNumber::kETag, ByteView(tag));
      window.add_to(reply.message);
      reply.message.payload(ByteView(body_).subspan(window.offset_bytes, window.size_bytes));
    }
    (void)endpoint.send(reply, now());
  }

  static coap::Millis now() {
    return static_cast<coap::Millis>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                         std::chrono::steady_clock::now().time_since_epoch())
                                         .count());
  }

  std::unique_ptr<DatagramLink> link_;
  coap::BlockSink sink_;
  std::vector<std::uint8_t> body_;
  unsigned received_ = 0;
  std::jthread thread_;
};

TEST(CoapClient, CarriesLongBodiesBothWaysThoughDatagramsAreLost) {
  const EchoServer server;
  CoapClient client(*open_loopback_link(), 5);
  std::vector<std::uint8_t> body(9000);
  for (std::size_t i = 0; i < body.size(); ++i) {
    body[i] = static_cast<std::uint8_t>(i * 31 >> 3U);
  }
  const auto put = client.ask(
      {.to = server.address(), .method = coap::Code::kPut, .path = "body", .payload = body});
  ASSERT_TRUE(put.ok()) << put.error().message;
  EXPECT_TRUE(put->good());
  const auto got = client.ask({.to = server.address(), .path = "body"});
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->payload, body);
  EXPECT_EQ(got->etag.size(), 3U);
  const auto missing = client.ask({.to = server.address(), .path = "nothing"});
  ASSERT_TRUE(missing.ok());
  EXPECT_EQ(code_text(missing->code), "4.04");
}

TEST(CoapClient, GivesUpOnSilence) {
  const auto silent = *open_loopback_link();
  CoapClient client(*open_loopback_link(), 5);
  const auto answer = client.ask(
      {.to = silent->local(), .path = "train/status", .limit = std::chrono::milliseconds(100)});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(answer.error().message.find("/train/status"), std::string::npos);
}

} // namespace
} // namespace tinyml::coordinator
