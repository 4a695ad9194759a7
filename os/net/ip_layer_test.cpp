// SPDX-License-Identifier: Apache-2.0
#include "os/net/ip_layer.hpp"

#include "os/net/test_frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace tinyml::net::test {
namespace {

constexpr Endpoint kFrom{kPeer, 40000};
constexpr Endpoint kTo{kOwn, 5683};

Bytes valid_packet() { return udp(kFrom, kTo, as_bytes("hello")); }

void fix_header_sum(Bytes &packet) {
  set_be16(packet, 10, 0);
  set_be16(packet, 10, naive_sum(ByteView(packet).first(20)));
}

/// The counter that a damaged packet is expected to raise.
using Reason = std::uint16_t Counters::*;

struct Damage {
  const char *name;
  Reason reason;
  std::function<void(Bytes &)> apply;
};

class DamagedPacket : public testing::TestWithParam<Damage> {};

TEST_P(DamagedPacket, IsDroppedAndCountedOnce) {
  Bytes packet = valid_packet();
  GetParam().apply(packet);
  Counters counters;
  const Received outcome = receive(packet, kOwn, counters);
  EXPECT_FALSE(outcome.datagram);
  EXPECT_TRUE(outcome.answer.empty());
  EXPECT_EQ(counters.*GetParam().reason, 1);
  EXPECT_EQ(counters.malformed + counters.bad_checksum + counters.fragments + counters.foreign, 1);
}

const Damage damages[] = {
    {"Empty", &Counters::malformed, [](Bytes &p) { p.clear(); }},
    {"HalfHeader", &Counters::malformed, [](Bytes &p) { p.resize(19); }},
    {"Version6", &Counters::malformed, [](Bytes &p) { p[0] = 0x65; }},
    {"HeaderTooShort", &Counters::malformed, [](Bytes &p) { p[0] = 0x44; }},
    {"HeaderBeyondPacket", &Counters::malformed,
     [](Bytes &p) {
       p[0] = 0x4F;
       p.resize(40);
     }},
    {"TotalBelowHeader", &Counters::malformed, [](Bytes &p) { set_be16(p, 2, 19); }},
    {"TotalBeyondPacket", &Counters::malformed, [](Bytes &p) { set_be16(p, 2, p.size() + 1); }},
    {"HeaderChecksum", &Counters::bad_checksum, [](Bytes &p) { p[8] ^= 1; }},
    {"MoreFragments", &Counters::fragments,
     [](Bytes &p) {
       p[6] = 0x20;
       fix_header_sum(p);
     }},
    {"LaterFragment", &Counters::fragments,
     [](Bytes &p) {
       p[7] = 0x10;
       fix_header_sum(p);
     }},
    {"UdpHeaderCut", &Counters::malformed,
     [](Bytes &p) {
       p.resize(27);
       set_be16(p, 2, 27);
       fix_header_sum(p);
     }},
    {"UdpLengthBelowHeader", &Counters::malformed, [](Bytes &p) { set_be16(p, 24, 7); }},
    {"UdpLengthBeyondPacket", &Counters::malformed, [](Bytes &p) { set_be16(p, 24, 14); }},
    {"UdpChecksum", &Counters::bad_checksum, [](Bytes &p) { p[28] ^= 0x40; }},
    {"UdpChecksumCoversAddresses", &Counters::bad_checksum,
     [](Bytes &p) {
       p[15] ^= 0x04;
       fix_header_sum(p);
     }},
    {"UnknownProtocol", &Counters::foreign,
     [](Bytes &p) {
       p[9] = 6;
       fix_header_sum(p);
     }},
    {"OtherStation", &Counters::foreign,
     [](Bytes &p) {
       p = udp(kFrom, {Ipv4Address::of(10, 77, 0, 9), 5683}, as_bytes("x"));
     }},
    {"Broadcast", &Counters::foreign,
     [](Bytes &p) {
       p = udp(kFrom, {kLimitedBroadcast, 5683}, as_bytes("x"));
     }},
    {"FromGroup", &Counters::foreign,
     [](Bytes &p) {
       p = udp({Ipv4Address::of(224, 0, 0, 1), 9}, kTo, as_bytes("x"));
     }},
    {"FromNowhere", &Counters::foreign,
     [](Bytes &p) {
       p = udp({{}, 9}, kTo, as_bytes("x"));
     }},
    {"FromOurselves", &Counters::foreign,
     [](Bytes &p) {
       p = udp({kOwn, 9}, kTo, as_bytes("x"));
     }},
    {"EchoCut", &Counters::malformed, [](Bytes &p) { p = ipv4(kPeer, kOwn, 1, Bytes(7)); }},
    {"EchoChecksum", &Counters::bad_checksum,
     [](Bytes &p) {
       p = echo_request(kPeer, kOwn, as_bytes("ping"));
       p.back() ^= 1;
     }},
    {"EchoAnswerUnasked", &Counters::foreign,
     [](Bytes &p) {
       p = ipv4(kPeer, kOwn, 1, Bytes{0, 0, 0xFF, 0xFF, 0, 0, 0, 0});
     }},
    {"EchoToBroadcast", &Counters::foreign,
     [](Bytes &p) { p = echo_request(kPeer, kLimitedBroadcast, as_bytes("smurf")); }},
};

INSTANTIATE_TEST_SUITE_P(IpLayer, DamagedPacket, testing::ValuesIn(damages),
                         [](const auto &test) { return std::string(test.param.name); });

TEST(IpLayer, DeliversADatagramAndIgnoresLinkPadding) {
  Bytes packet = valid_packet();
  packet.resize(packet.size() + 13, 0xEE);
  Counters counters;
  const Received outcome = receive(packet, kOwn, counters);
  ASSERT_TRUE(outcome.datagram);
  EXPECT_EQ(outcome.datagram->peer, kFrom);
  EXPECT_EQ(outcome.datagram->local_port, 5683);
  EXPECT_EQ(as_text(outcome.datagram->payload), "hello");
}

TEST(IpLayer, AcceptsADatagramWithoutChecksum) {
  Bytes packet = valid_packet();
  set_be16(packet, 26, 0);
  Counters counters;
  EXPECT_TRUE(receive(packet, kOwn, counters).datagram);
}

TEST(IpLayer, SkipsOptions) {
  const Bytes whole = valid_packet();
  const Bytes packet = ipv4(kPeer, kOwn, 17, ByteView(whole).subspan(20), Bytes{1, 1, 1, 0});
  Counters counters;
  Bytes copy = packet;
  const Received outcome = receive(copy, kOwn, counters);
  ASSERT_TRUE(outcome.datagram);
  EXPECT_EQ(as_text(outcome.datagram->payload), "hello");
}

TEST(IpLayer, WritesWhatAnIndependentBuilderWrites) {
  for (std::size_t length = 0; length <= 1472; ++length) {
    const Bytes payload(length, static_cast<std::uint8_t>(length * 7));
    Bytes packet(kDatagramHeaderBytes);
    append(packet, payload);
    ASSERT_EQ(write_datagram(packet.data(), kTo, kFrom, length), packet.size());
    Bytes expected = udp(kTo, kFrom, payload);
    // The builder uses another identification and no "don't fragment".
    expected[4] = expected[5] = 0;
    expected[6] = 0x40;
    fix_header_sum(expected);
    ASSERT_EQ(packet, expected) << length;
  }
}

TEST(IpLayer, SendsAZeroChecksumAsItsOtherForm) {
  // Choose the payload so that the sum comes out as zero.
  Bytes packet(kDatagramHeaderBytes + 2);
  write_datagram(packet.data(), kTo, kFrom, 2);
  std::copy_n(packet.begin() + 26, 2, packet.begin() + 28);
  write_datagram(packet.data(), kTo, kFrom, 2);
  EXPECT_THAT(Bytes(packet.begin() + 26, packet.begin() + 28), testing::ElementsAre(0xFF, 0xFF));
  Counters counters;
  EXPECT_TRUE(receive(packet, kFrom.address, counters).datagram);
}

TEST(IpLayer, AnswersPingInPlaceWithOrWithoutOptions) {
  for (const Bytes &options : {Bytes{}, Bytes{1, 1, 1, 1, 1, 1, 1, 0}}) {
    Bytes packet = echo_request(kPeer, kOwn, as_bytes("0123456"), options);
    const Bytes request = packet;
    Counters counters;
    const ByteSpan answer = receive(packet, kOwn, counters).answer;
    ASSERT_EQ(answer.size(), request.size() - options.size());
    EXPECT_EQ(naive_sum(answer.first(20)), 0);
    EXPECT_EQ(naive_sum(answer.subspan(20)), 0);
    EXPECT_EQ(answer[20], 0); // echo answer
    EXPECT_THAT(Bytes(answer.begin() + 12, answer.begin() + 20),
                testing::ElementsAre(10, 77, 0, 2, 10, 77, 0, 1));
    const ByteView sent = ByteView(request).last(11), returned = answer.last(11);
    EXPECT_TRUE(std::equal(sent.begin(), sent.end(), returned.begin()));
  }
}

TEST(IpLayer, HearsOnlyDhcpBeforeItHasAnAddress) {
  Counters counters;
  Bytes dhcp = udp({kPeer, 67}, {kOwn, 68}, as_bytes("offer"));
  Bytes other = valid_packet();
  Bytes ping = echo_request(kPeer, kOwn, as_bytes("x"));
  Bytes to_none = udp(kFrom, {{}, 5683}, as_bytes("x"));
  EXPECT_TRUE(receive(dhcp, {}, counters).datagram);
  EXPECT_FALSE(receive(other, {}, counters).datagram);
  EXPECT_FALSE(receive(to_none, {}, counters).datagram);
  EXPECT_TRUE(receive(ping, {}, counters).answer.empty());
}

} // namespace
} // namespace tinyml::net::test
