// SPDX-License-Identifier: Apache-2.0
#include "service/loop/background.hpp"
#include "service/loop/udp_socket.hpp"

#include <gtest/gtest.h>

namespace tinyml::service {
namespace {

TEST(LoopTest, timers_fire_in_order_and_a_cancelled_one_never) {
  Loop loop;
  std::string seen;
  Timer late(loop, [&] {
    seen += 'b';
    loop.stop();
  });
  Timer early(loop, [&] { seen += 'a'; });
  auto dropped = std::make_unique<Timer>(loop, [&] { seen += 'x'; });
  late.set_after(20);
  early.set_after(5);
  dropped->set_after(1);
  dropped.reset();
  loop.run();
  EXPECT_EQ(seen, "ab");
}

TEST(LoopTest, datagrams_arrive_whole_with_their_sender) {
  Loop loop;
  const auto any = *SocketAddress::parse("localhost", 0);
  std::string got;
  SocketAddress sender;
  auto server =
      UdpSocket::bind(loop, any, "--coap-port", [&](const SocketAddress &from, ByteView d) {
        got = as_text(d);
        sender = from;
        loop.stop();
      });
  auto client = UdpSocket::bind(loop, any, "--port", [](const SocketAddress &, ByteView) {});
  ASSERT_TRUE(server && client);
  client->send(server->local(), as_bytes("ping"));
  loop.run();
  EXPECT_EQ(got, "ping");
  EXPECT_EQ(sender.text(), client->local().text());
}

TEST(LoopTest, a_port_in_use_is_named_with_the_option_to_change) {
  Loop loop;
  const auto ignore = [](const SocketAddress &, ByteView) {};
  const auto first = UdpSocket::bind(loop, *SocketAddress::parse("127.0.0.1", 0), "--p", ignore);
  ASSERT_TRUE(first);
  const auto second = UdpSocket::bind(loop, first->local(), "--coap-port", ignore);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kResourceFull);
  const std::string &message = second.error().message;
  EXPECT_NE(message.find("port " + std::to_string(first->local().port)), std::string::npos);
  EXPECT_NE(message.find("127.0.0.1"), std::string::npos);
  EXPECT_NE(message.find("--coap-port"), std::string::npos);
}

TEST(LoopTest, background_work_is_bounded_and_ends_in_the_loop) {
  Loop loop;
  Background background(loop, 2);
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  int finished = 0;
  for (int i = 0; i < 6; ++i) {
    background.start([&](const std::stop_token &) -> std::function<void()> {
      most = std::max(most.load(), ++at_once);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      --at_once;
      return [&] {
        if (++finished == 6) {
          loop.stop();
        }
      };
    });
  }
  loop.run();
  EXPECT_EQ(finished, 6);
  EXPECT_EQ(most, 2);
}

TEST(LoopTest, background_work_is_told_to_stop) {
  Loop loop;
  std::atomic<bool> stopped{false};
  {
    Background background(loop, 1);
    background.start([&](const std::stop_token &stop) -> std::function<void()> {
      while (!stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      stopped = true;
      return [] { FAIL() << "nobody is there for the result"; };
    });
  }
  EXPECT_TRUE(stopped);
  loop.post([&] { loop.stop(); });
  loop.run();
}

} // namespace
} // namespace tinyml::service
