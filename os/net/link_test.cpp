// SPDX-License-Identifier: Apache-2.0
// The stacks for links other than Ethernet, and SLIP framing.
#include "os/net/hosted_stack.hpp"
#include "os/net/slip.hpp"
#include "os/net/slip_stack.hpp"
#include "os/net/test_frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyml::net::test {
namespace {

std::vector<Bytes> receive_all(ByteView line, std::size_t buffer_bytes = 1500) {
  Bytes buffer(buffer_bytes);
  SlipReceiver receiver(buffer);
  std::vector<Bytes> packets;
  for (const std::uint8_t byte : line) {
    if (const std::size_t size = receiver.push(byte); size != 0) {
      packets.emplace_back(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }
  return packets;
}

TEST(Slip, CarriesEveryByteValue) {
  Bytes packet(256), line;
  for (std::size_t i = 0; i < packet.size(); ++i) {
    packet[i] = static_cast<std::uint8_t>(i);
  }
  slip_send(packet, [&](std::uint8_t byte) { line.push_back(byte); });
  slip_send(packet, [&](std::uint8_t byte) { line.push_back(byte); });
  EXPECT_EQ(line.size(), 2 * (256 + 2 + 2U));
  EXPECT_THAT(receive_all(line), testing::ElementsAre(packet, packet));
}

TEST(Slip, DropsPacketsThatAreTooLongOrWronglyEscapedAndRecovers) {
  const Bytes good{1, 2, 3, kSlipEnd};
  for (const Bytes &bad :
       {Bytes{1, 2, 3, 4, 5, kSlipEnd}, Bytes{1, kSlipEscape, 2, kSlipEnd},
        Bytes{1, kSlipEscape, kSlipEnd}, Bytes{1, 2, 3, 4, 5, kSlipEscape, kSlipEnd}}) {
    Bytes line = bad;
    append(line, good);
    EXPECT_THAT(receive_all(line, 4), testing::ElementsAre(Bytes{1, 2, 3}));
  }
}

TEST(SlipStack, ExchangesDatagramsAndAnswersPing) {
  Bytes buffer(1500);
  SlipStack stack(static_config(), buffer);
  Bytes packet = udp({kPeer, 9}, {kOwn, 7}, as_bytes("over serial"));
  std::copy(packet.begin(), packet.end(), buffer.begin());
  const auto datagram = stack.handle_frame(ByteSpan(buffer).first(packet.size()), 0);
  ASSERT_TRUE(datagram);
  ASSERT_EQ(stack.send(datagram->peer, 7, datagram->payload, 0), SendStatus::kSent);
  EXPECT_EQ(stack.send(datagram->peer, 7, {}, 0), SendStatus::kBusy);
  const ByteView out = stack.poll(0);
  Bytes answer(out.begin(), out.end());
  Counters counters;
  const auto returned = receive(answer, kPeer, counters).datagram;
  ASSERT_TRUE(returned);
  EXPECT_EQ(as_text(returned->payload), "over serial");

  const Bytes ping = echo_request(kPeer, kOwn, as_bytes("x"));
  std::copy(ping.begin(), ping.end(), buffer.begin());
  EXPECT_FALSE(stack.handle_frame(ByteSpan(buffer).first(ping.size()), 0));
  EXPECT_EQ(stack.poll(0).size(), ping.size());
  EXPECT_TRUE(stack.poll(0).empty());
}

TEST(HostedStack, PutsThePeerInFrontOfThePayload) {
  Bytes buffer(200);
  HostedStack stack({}, buffer);
  const Bytes received{127, 0, 0, 1, 0x16, 0x33, 'h', 'i'};
  std::copy(received.begin(), received.end(), buffer.begin());
  const auto datagram = stack.handle_frame(ByteSpan(buffer).first(received.size()), 0);
  ASSERT_TRUE(datagram);
  EXPECT_EQ(datagram->peer, (Endpoint{Ipv4Address::of(127, 0, 0, 1), 5683}));
  EXPECT_EQ(as_text(datagram->payload), "hi");
  ASSERT_EQ(stack.send({Ipv4Address::of(10, 0, 0, 1), 258}, 0, as_bytes("yes"), 0),
            SendStatus::kSent);
  EXPECT_THAT(stack.poll(0), testing::ElementsAre(10, 0, 0, 1, 1, 2, 'y', 'e', 's'));
  EXPECT_TRUE(stack.poll(0).empty());
  EXPECT_EQ(stack.send({}, 0, Bytes(195), 0), SendStatus::kTooLarge);
  EXPECT_FALSE(stack.handle_frame(ByteSpan(buffer).first(5), 0));
  EXPECT_EQ(stack.counters().malformed, 1);
}

} // namespace
} // namespace tinyml::net::test
