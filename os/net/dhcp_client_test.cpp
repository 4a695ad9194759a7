// SPDX-License-Identifier: Apache-2.0
#include "os/net/dhcp_client.hpp"

#include "os/net/test_frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

namespace tinyml::net::test {
namespace {

constexpr std::uint32_t kLeaseSeconds = 1000;

/// A DHCP server that speaks to one station, as a script: what it answers to which message, and
/// what the link loses.
struct Server {
  std::function<bool(const DhcpMessage &)> hears = [](const DhcpMessage &) { return true; };
  std::function<void(DhcpMessage &)> edit = [](DhcpMessage &) {};
  std::vector<DhcpMessage> heard;
  std::vector<Ipv4Address> destinations;

  static DhcpMessage answer_to(const DhcpMessage &request) {
    DhcpMessage answer;
    answer.operation = BootpOperation::kReply;
    answer.type = request.type == DhcpType::kDiscover ? DhcpType::kOffer : DhcpType::kAck;
    answer.transaction = request.transaction;
    answer.client_mac = request.client_mac;
    answer.yours = kOwn;
    answer.server = kPeer;
    answer.router = kPeer;
    answer.mask = kMask;
    answer.lease_s = kLeaseSeconds;
    return answer;
  }

  static Bytes frame_of(const DhcpMessage &answer) {
    Bytes payload(kDhcpMessageBytes);
    (void)write_dhcp(answer, payload);
    return ethernet(kBroadcastMac, kPeerMac, 0x0800,
                    udp({kPeer, kDhcpServerPort}, {kLimitedBroadcast, kDhcpClientPort}, payload));
  }

  void serve(Station &station) {
    for (std::vector<Bytes> frames = station.sent(); !frames.empty(); frames = station.sent()) {
      for (Bytes &frame : frames) {
        handle(station, frame);
      }
    }
  }

  void handle(Station &station, Bytes &frame) {
    if (frame_type(frame.data()) == EtherType::kArp) {
      (void)station.deliver(
          ethernet(kOwnMac, kPeerMac, 0x0806, arp(2, kPeerMac, kPeer, kOwnMac, kOwn)));
      return;
    }
    Counters counters;
    std::optional<Datagram> datagram;
    (void)receive_packet(ByteSpan(frame).subspan(14), {}, kDhcpServerPort, counters, datagram);
    ASSERT_TRUE(datagram);
    const auto message = parse_dhcp(datagram->payload);
    ASSERT_TRUE(message);
    heard.push_back(*message);
    destinations.push_back(get_address(&frame[14 + 16]));
    if (hears(*message)) {
      DhcpMessage answer = answer_to(*message);
      edit(answer);
      (void)station.deliver(frame_of(answer));
    }
  }

  void run_until(Station &station, std::uint64_t end_ns) {
    serve(station);
    while (station.stack.next_deadline_ns() < end_ns) {
      station.now_ns = std::max(station.now_ns, station.stack.next_deadline_ns());
      serve(station);
    }
    station.now_ns = end_ns;
    serve(station);
  }
};

StackConfig dhcp_config(std::uint32_t seed = 7) {
  return {.mac = kOwnMac, .random_seed = seed, .fixed = {}};
}

std::uint64_t seconds(double value) {
  return static_cast<std::uint64_t>(value * static_cast<double>(kNanosPerSecond));
}

TEST(Dhcp, BindsInFourMessages) {
  Station station(dhcp_config());
  Server server;
  server.serve(station);
  ASSERT_TRUE(station.stack.ready());
  EXPECT_EQ(station.stack.address(), kOwn);
  ASSERT_EQ(server.heard.size(), 2U);
  EXPECT_EQ(server.heard[0].type, DhcpType::kDiscover);
  EXPECT_TRUE(server.heard[0].broadcast);
  EXPECT_EQ(server.heard[1].type, DhcpType::kRequest);
  EXPECT_EQ(server.heard[1].requested, kOwn);
  EXPECT_EQ(server.heard[1].server, kPeer);
  EXPECT_TRUE(server.heard[1].client.is_none());
}

TEST(Dhcp, BindsOverALinkThatLosesEveryOtherFrame) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    Station station(dhcp_config(seed));
    std::mt19937 random(seed);
    Server server;
    server.hears = [&](const DhcpMessage &) { return random() % 2 == 0; };
    server.run_until(station, seconds(600));
    EXPECT_TRUE(station.stack.ready()) << seed;
  }
}

TEST(Dhcp, BacksOffExponentiallyWithJitter) {
  Station station(dhcp_config());
  Server server;
  server.hears = [](const DhcpMessage &) { return false; };
  std::set<std::uint64_t> waits;
  for (unsigned i = 0; i < 9; ++i) {
    server.serve(station);
    const std::uint64_t wait = station.stack.next_deadline_ns() - station.now_ns;
    const double base = static_cast<double>(1U << std::min(i, 6U));
    EXPECT_GE(wait, seconds(0.75 * base)) << i;
    EXPECT_LE(wait, seconds(1.30 * base)) << i;
    waits.insert(wait);
    station.now_ns += wait;
  }
  EXPECT_EQ(waits.size(), 9U);
  EXPECT_EQ(server.heard.size(), 9U);
}

TEST(Dhcp, AsksAgainWhenTheServerGoesSilentAfterItsOffer) {
  Station station(dhcp_config());
  Server server;
  int requests = 0;
  server.hears = [&](const DhcpMessage &message) {
    return message.type == DhcpType::kDiscover || ++requests > 5;
  };
  server.run_until(station, seconds(120));
  EXPECT_TRUE(station.stack.ready());
  const auto discovers = std::count_if(server.heard.begin(), server.heard.end(),
                                       [](auto &m) { return m.type == DhcpType::kDiscover; });
  EXPECT_EQ(discovers, 2);
}

TEST(Dhcp, RenewsAtHalfTheLeaseByUnicast) {
  Station station(dhcp_config());
  Server server;
  server.serve(station);
  const std::uint64_t bound_ns = station.now_ns;
  EXPECT_EQ(station.stack.next_deadline_ns(), bound_ns + seconds(kLeaseSeconds / 2.0));
  server.run_until(station, bound_ns + seconds(kLeaseSeconds / 2.0 + 1));
  ASSERT_EQ(server.heard.size(), 3U);
  EXPECT_EQ(server.destinations[2], kPeer);
  EXPECT_EQ(server.heard[2].client, kOwn);
  EXPECT_TRUE(server.heard[2].requested.is_none());
  EXPECT_TRUE(server.heard[2].server.is_none());
  EXPECT_EQ(station.stack.next_deadline_ns(), bound_ns + seconds(kLeaseSeconds));
}

TEST(Dhcp, HonoursTheServersOwnTimes) {
  Station station(dhcp_config());
  Server server;
  server.edit = [](DhcpMessage &answer) { answer.renew_s = 100, answer.rebind_s = 200; };
  server.serve(station);
  EXPECT_EQ(station.stack.next_deadline_ns(), station.now_ns + seconds(100));
}

TEST(Dhcp, ReplacesTimesThatMakeNoSense) {
  Station station(dhcp_config());
  Server server;
  server.edit = [](DhcpMessage &answer) { answer.renew_s = 3000, answer.rebind_s = 2000; };
  server.serve(station);
  EXPECT_EQ(station.stack.next_deadline_ns(), station.now_ns + seconds(kLeaseSeconds / 2.0));
}

TEST(Dhcp, RebindsByBroadcastThenLosesTheAddressWhenTheLeaseEnds) {
  Station station(dhcp_config());
  Server server;
  server.serve(station);
  const std::uint64_t bound_ns = station.now_ns;
  server.hears = [](const DhcpMessage &) { return false; };
  server.run_until(station, bound_ns + seconds(kLeaseSeconds - 1));
  EXPECT_TRUE(station.stack.ready());
  EXPECT_EQ(server.destinations.back(), kLimitedBroadcast);
  EXPECT_EQ(server.heard.back().client, kOwn);
  EXPECT_LT(server.heard.size(), 15U);
  server.run_until(station, bound_ns + seconds(kLeaseSeconds + 1));
  EXPECT_FALSE(station.stack.ready());
  EXPECT_EQ(server.heard.back().type, DhcpType::kDiscover);
  server.hears = [](const DhcpMessage &) { return true; };
  server.run_until(station, station.now_ns + seconds(70));
  EXPECT_TRUE(station.stack.ready());
}

TEST(Dhcp, StartsOverAfterNakButNotInABurst) {
  Station station(dhcp_config());
  Server server;
  server.edit = [](DhcpMessage &answer) {
    answer.type = answer.type == DhcpType::kAck ? DhcpType::kNak : answer.type;
  };
  server.run_until(station, station.now_ns + seconds(10));
  EXPECT_FALSE(station.stack.ready());
  EXPECT_LE(server.heard.size(), 24U);
  server.edit = [](DhcpMessage &) {};
  server.run_until(station, station.now_ns + seconds(2));
  EXPECT_TRUE(station.stack.ready());
}

TEST(Dhcp, LosesTheAddressWhenARenewalIsRefused) {
  Station station(dhcp_config());
  Server server;
  server.serve(station);
  server.edit = [](DhcpMessage &answer) { answer.type = DhcpType::kNak; };
  station.now_ns += seconds(kLeaseSeconds / 2.0);
  server.serve(station);
  EXPECT_FALSE(station.stack.ready());
}

TEST(Dhcp, NeverRenewsAnInfiniteLease) {
  Station station(dhcp_config());
  Server server;
  server.edit = [](DhcpMessage &answer) { answer.lease_s = kInfiniteLease; };
  server.serve(station);
  EXPECT_TRUE(station.stack.ready());
  EXPECT_EQ(station.stack.next_deadline_ns(), kNever);
}

TEST(Dhcp, SurvivesAClockThatJumpsPastTheLease) {
  Station station(dhcp_config());
  Server server;
  server.serve(station);
  station.now_ns += seconds(10.0 * kLeaseSeconds);
  server.serve(station);
  EXPECT_TRUE(station.stack.ready());
  EXPECT_EQ(server.heard[2].type, DhcpType::kDiscover);
}

TEST(Dhcp, IgnoresAnswersThatAreNotForIt) {
  const std::function<void(DhcpMessage &)> edits[] = {
      [](DhcpMessage &m) { ++m.transaction; },
      [](DhcpMessage &m) { m.client_mac[5] ^= 1; },
      [](DhcpMessage &m) { m.operation = BootpOperation::kRequest; },
      [](DhcpMessage &m) { m.yours = {}; },
      [](DhcpMessage &m) { m.yours = kLimitedBroadcast; },
      [](DhcpMessage &m) { m.server = {}, m.type = DhcpType::kOffer; },
      [](DhcpMessage &m) { m.type = DhcpType::kInform; },
  };
  for (const auto &edit : edits) {
    Station station(dhcp_config());
    Server server;
    server.edit = edit;
    server.serve(station);
    EXPECT_FALSE(station.stack.ready());
  }
}

TEST(DhcpMessage, RefusesWhatIsNoDhcpOverEthernet) {
  Bytes good(kDhcpMessageBytes);
  ASSERT_EQ(write_dhcp(Server::answer_to({}), good), kDhcpMessageBytes);
  ASSERT_TRUE(parse_dhcp(good));
  for (const std::size_t at : {1U, 2U, 236U, 239U}) {
    Bytes bad = good;
    bad[at] ^= 0x10;
    EXPECT_FALSE(parse_dhcp(bad)) << at;
  }
  EXPECT_FALSE(parse_dhcp(ByteView(good).first(239)));
  EXPECT_EQ(write_dhcp({}, ByteSpan(good).first(299)), 0U);
}

TEST(DhcpMessage, RefusesOptionsThatReachBeyondTheEnd) {
  Bytes bytes(kDhcpMessageBytes);
  (void)write_dhcp(Server::answer_to({}), bytes);
  bytes.resize(240);
  EXPECT_TRUE(parse_dhcp(bytes));
  append(bytes, Bytes{53});
  EXPECT_FALSE(parse_dhcp(bytes));
  append(bytes, Bytes{1});
  EXPECT_FALSE(parse_dhcp(bytes));
  append(bytes, Bytes{2});
  EXPECT_TRUE(parse_dhcp(bytes));
  EXPECT_EQ(parse_dhcp(bytes)->type, DhcpType::kOffer);
  append(bytes, Bytes{0, 0, 1, 3, 9, 9, 9, 255, 77});
  ASSERT_TRUE(parse_dhcp(bytes));
  EXPECT_TRUE(parse_dhcp(bytes)->mask.is_none()); // three bytes are no mask
}

} // namespace
} // namespace tinyml::net::test
