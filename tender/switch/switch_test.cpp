// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/ethernet_switch.hpp"

#include "os/net/test_frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <ctime>

namespace tinyml::tender {
namespace {

using namespace std::chrono_literals;
using net::test::Bytes;

/// For what takes no time on an idle machine: others may keep its processors busy.
constexpr std::chrono::milliseconds kPatience = 30s;

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

/// A UDP socket on loopback, connected to `to` unless that is 0.
struct Socket {
  explicit Socket(std::uint16_t to) : fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto *generic = reinterpret_cast<sockaddr *>(&address);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(fd.get(), generic, length), 0);
    EXPECT_EQ(::getsockname(fd.get(), generic, &length), 0);
    port = ntohs(address.sin_port);
    address.sin_port = htons(to);
    if (to != 0) {
      EXPECT_EQ(::connect(fd.get(), generic, length), 0);
    }
  }

  void send(ByteView bytes) const {
    EXPECT_EQ(::send(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }

  /// The next datagram; empty when none comes in time.
  [[nodiscard]] Bytes receive(std::chrono::milliseconds patience = kPatience) const {
    pollfd waiting{fd.get(), POLLIN, 0};
    Bytes bytes(4096);
    const bool ready = ::poll(&waiting, 1, static_cast<int>(patience.count())) == 1;
    const ssize_t size = ready ? ::recv(fd.get(), bytes.data(), bytes.size(), 0) : 0;
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }

  FileDescriptor fd;
  std::uint16_t port = 0;
};

/// A real UDP server on loopback that answers every datagram with itself.
class EchoServer {
public:
  EchoServer() : socket_(0), thread_([this](const std::stop_token &stop) { serve(stop); }) {}
  [[nodiscard]] std::uint16_t port() const { return socket_.port; }
  [[nodiscard]] std::size_t peers() const { return peers_; }

private:
  void serve(const std::stop_token &stop) {
    std::vector<std::uint16_t> seen;
    while (!stop.stop_requested()) {
      pollfd waiting{socket_.fd.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 20) != 1) {
        continue;
      }
      Bytes bytes(4096);
      sockaddr_in peer{};
      socklen_t length = sizeof peer;
      auto *generic = reinterpret_cast<sockaddr *>(&peer);
      const ssize_t size =
          ::recvfrom(socket_.fd.get(), bytes.data(), bytes.size(), 0, generic, &length);
      if (std::find(seen.begin(), seen.end(), peer.sin_port) == seen.end()) {
        seen.push_back(peer.sin_port);
      }
      peers_ = seen.size();
      (void)!::sendto(socket_.fd.get(), bytes.data(), static_cast<std::size_t>(size), 0, generic,
                      length);
    }
  }

  Socket socket_;
  std::atomic<std::size_t> peers_{0};
  std::jthread thread_;
};

/// A device: the stack of os/net behind a datagram socket, as a board would run it.
struct Guest {
  Guest(std::uint16_t switch_port, std::uint8_t number)
      : link(switch_port),
        stack({.mac = {0x02, 0, 0, 0, 1, number}, .random_seed = number, .fixed = {}}, frame) {}

  void flush() {
    for (ByteView out = stack.poll(now_ns()); !out.empty(); out = stack.poll(now_ns())) {
      link.send(out);
    }
  }

  /// Runs the device until `done` says so or patience ends; the last datagram is kept.
  template <typename Done> bool run_until(Done &&done) {
    const std::uint64_t end = now_ns() + std::chrono::nanoseconds(kPatience).count();
    for (flush(); !done() && now_ns() < end; flush()) {
      const Bytes bytes = link.receive(20ms);
      const ByteSpan buffer = stack.receive_buffer();
      if (bytes.empty() || bytes.size() > buffer.size()) {
        continue;
      }
      std::copy(bytes.begin(), bytes.end(), buffer.begin());
      if (const auto datagram = stack.handle_frame(buffer.first(bytes.size()), now_ns())) {
        received.assign(datagram->payload.begin(), datagram->payload.end());
        peer = datagram->peer;
      }
    }
    return done();
  }

  bool bind() {
    return run_until([this] { return stack.ready(); });
  }

  Bytes exchange(net::Endpoint with, const Bytes &payload) {
    received.clear();
    EXPECT_EQ(stack.send(with, 5683, payload, now_ns()), net::SendStatus::kSent);
    run_until([this] { return !received.empty(); });
    return received;
  }

  Socket link;
  Bytes frame = Bytes(net::kEthernetFrameBytes);
  net::EthernetStack stack;
  Bytes received;
  net::Endpoint peer;
};

std::unique_ptr<SwitchThread> start(SwitchConfig config = {}) {
  auto started = SwitchThread::start(std::move(config));
  EXPECT_TRUE(started) << started.error().message;
  return std::move(*started);
}

net::Ipv4Address gateway() { return Subnet{}.gateway; }

TEST(Switch, GivesAGuestAnAddressAndKeepsItStable) {
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  EXPECT_TRUE(Subnet{}.contains(guest.stack.address()));
  Guest again(running->port(), 1);
  ASSERT_TRUE(again.bind());
  EXPECT_EQ(again.stack.address(), guest.stack.address());
  const auto other_switch = start();
  Guest elsewhere(other_switch->port(), 1);
  ASSERT_TRUE(elsewhere.bind());
  EXPECT_EQ(elsewhere.stack.address(), guest.stack.address());
}

TEST(Switch, RelaysUdpOfEverySizeToAPortOfTheHostAndBack) {
  EchoServer echo;
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  for (const std::size_t size : {1U, 2U, 17U, 512U, 1024U, 1471U, 1472U}) {
    Bytes payload(size);
    for (std::size_t i = 0; i < size; ++i) {
      payload[i] = static_cast<std::uint8_t>(i * 31 + size);
    }
    ASSERT_EQ(guest.exchange({gateway(), echo.port()}, payload), payload) << size;
    EXPECT_EQ(guest.peer, (net::Endpoint{gateway(), echo.port()}));
  }
  EXPECT_EQ(running->get().stats().flows, 1U);
}

TEST(Switch, TwoGuestsAreTwoPeersToTheHost) {
  EchoServer echo;
  const auto running = start();
  Guest first(running->port(), 1);
  Guest second(running->port(), 2);
  ASSERT_TRUE(first.bind());
  ASSERT_TRUE(second.bind());
  EXPECT_NE(first.stack.address(), second.stack.address());
  EXPECT_EQ(first.exchange({gateway(), echo.port()}, {1}), Bytes{1});
  EXPECT_EQ(second.exchange({gateway(), echo.port()}, {2}), Bytes{2});
  EXPECT_EQ(echo.peers(), 2U);
}

TEST(Switch, CarriesDatagramsBetweenGuests) {
  const auto running = start();
  Guest first(running->port(), 1);
  Guest second(running->port(), 2);
  ASSERT_TRUE(first.bind());
  ASSERT_TRUE(second.bind());
  const std::string text = "hello neighbour";
  ASSERT_EQ(first.stack.send({second.stack.address(), 99}, 98, as_bytes(text), now_ns()),
            net::SendStatus::kSent);
  // The question and its answer cross between the two, so both must run.
  bool arrived = false;
  for (int i = 0; i < 200 && !arrived; ++i) {
    const int turns = 2;
    int left = turns;
    first.run_until([&] { return left-- == 0; });
    left = turns;
    second.run_until([&] { return left-- == 0 || !second.received.empty(); });
    arrived = !second.received.empty();
  }
  EXPECT_EQ(as_text(second.received), text);
  EXPECT_EQ(second.peer, (net::Endpoint{first.stack.address(), 98}));
}

TEST(Switch, GatewayAnswersPing) {
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  const net::MacAddress mac{0x02, 0, 0, 0, 1, 1};
  const Bytes packet = net::test::echo_request(guest.stack.address(), gateway(), Bytes(56, 0x61));
  guest.link.send(net::test::ethernet(Subnet{}.gateway_mac, mac, 0x0800, packet));
  const Bytes answer = guest.link.receive();
  ASSERT_GE(answer.size(), 34U + 8U + 56U);
  EXPECT_EQ(net::frame_destination(answer.data()), mac);
  EXPECT_EQ(answer[34], 0);
  EXPECT_EQ(net::test::naive_sum(ByteView(answer).subspan(34)), 0);
}

TEST(Switch, GuestAnswersPingOfItsNeighbour) {
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  const Socket neighbour(running->port());
  const net::MacAddress mac{0x02, 0, 0, 0, 1, 9};
  const Bytes packet = net::test::echo_request(net::Ipv4Address::of(10, 77, 0, 9),
                                               guest.stack.address(), Bytes(1000, 0x61));
  neighbour.send(net::test::ethernet({0x02, 0, 0, 0, 1, 1}, mac, 0x0800, packet));
  Bytes answer;
  guest.run_until([&] {
    answer = answer.empty() ? neighbour.receive(10ms) : answer;
    return !answer.empty();
  });
  ASSERT_EQ(answer.size(), 14U + packet.size());
  EXPECT_EQ(answer[34], 0);
}

TEST(Switch, FloodsUntilItHasLearnedThenSendsToOnePortOnly) {
  const auto running = start();
  const Socket a(running->port()), b(running->port()), c(running->port());
  const net::MacAddress mac_a{2, 0, 0, 0, 0, 0xA}, mac_b{2, 0, 0, 0, 0, 0xB},
      mac_c{2, 0, 0, 0, 0, 0xC}, stranger{2, 0, 0, 0, 0, 0xD};
  const auto frame = [](const net::MacAddress &to, const net::MacAddress &from) {
    return net::test::ethernet(to, from, 0x88B5, Bytes(50, 7)); // a local experimental type
  };
  // Each becomes known; the order makes every later one's broadcast reach the earlier ones.
  a.send(frame(net::kBroadcastMac, mac_a));
  b.send(frame(net::kBroadcastMac, mac_b));
  ASSERT_EQ(a.receive(), frame(net::kBroadcastMac, mac_b));
  c.send(frame(net::kBroadcastMac, mac_c));
  ASSERT_EQ(a.receive(), frame(net::kBroadcastMac, mac_c));
  ASSERT_EQ(b.receive(), frame(net::kBroadcastMac, mac_c));

  a.send(frame(stranger, mac_a));
  EXPECT_EQ(b.receive(), frame(stranger, mac_a));
  EXPECT_EQ(c.receive(), frame(stranger, mac_a));
  a.send(frame(mac_b, mac_a));
  EXPECT_EQ(b.receive(), frame(mac_b, mac_a));
  a.send(frame(mac_c, mac_a));
  EXPECT_EQ(c.receive(), frame(mac_c, mac_a)) << "and not the one for b";
}

TEST(Switch, NobodyMaySpeakAsTheGatewayOrAsAGroup) {
  const auto running = start();
  const Socket honest(running->port()), liar(running->port());
  const net::MacAddress mac{2, 0, 0, 0, 0, 1};
  honest.send(net::test::ethernet(net::kBroadcastMac, mac, 0x88B5, Bytes(50)));
  liar.send(net::test::ethernet(mac, Subnet{}.gateway_mac, 0x88B5, Bytes(50, 1)));
  liar.send(net::test::ethernet(mac, net::kBroadcastMac, 0x88B5, Bytes(50, 2)));
  liar.send(Bytes(13));
  liar.send(Bytes(3000));
  const Bytes last = net::test::ethernet(mac, {2, 0, 0, 0, 0, 2}, 0x88B5, Bytes(50, 3));
  liar.send(last);
  EXPECT_EQ(honest.receive(), last);
}

TEST(Switch, APartitionCutsAnIslandFromTheGatewayUntilItIsHealed) {
  const auto running = start();
  EchoServer echo;
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {1}), Bytes{1});
  EXPECT_TRUE(running->get().address_of({0x02, 0, 0, 0, 1, 1}));
  ASSERT_TRUE(running->get().impair({.islands = {{net::MacAddress{0x02, 0, 0, 0, 1, 1}}}}));
  ASSERT_EQ(guest.stack.send({gateway(), echo.port()}, 5683, Bytes{2}, now_ns()),
            net::SendStatus::kSent);
  guest.flush();
  const std::uint64_t end = now_ns() + std::chrono::nanoseconds(kPatience).count();
  while (running->get().stats().impaired.cut == 0 && now_ns() < end) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(running->get().stats().impaired.cut, 1U);
  EXPECT_TRUE(guest.link.receive(50ms).empty());
  ASSERT_TRUE(running->get().impair({}));
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {3}), Bytes{3});
}

TEST(Switch, DelaysBothWays) {
  const auto running = start({.impairments = {.delay = 30ms}});
  EchoServer echo;
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  (void)guest.exchange({gateway(), echo.port()}, {0}); // ARP
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {1}), Bytes{1});
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_GE(took, 60ms);
  EXPECT_LT(took, kPatience);
  EXPECT_EQ(running->get().stats().held_frames, 0U);
}

TEST(Switch, GuestsGetTheirAddressesThroughLossAndDuplicates) {
  const auto running = start({.impairments = {.loss = 0.1, .duplicate = 0.1, .reorder = 0.1}});
  for (std::uint8_t i = 1; i <= 5; ++i) {
    Guest guest(running->port(), i);
    EXPECT_TRUE(guest.bind());
  }
}

TEST(Switch, RefusesImpairmentsThatMakeNoSense) {
  EXPECT_FALSE(EthernetSwitch::open({.impairments = {.loss = 2}}));
  const auto running = start();
  EXPECT_FALSE(running->get().impair({.delay = std::chrono::hours(1)}));
}

TEST(Switch, QuestionsForTheGatewayWakeNobodyElse) {
  const auto running = start();
  const Socket other(running->port());
  other.send(net::test::ethernet(net::kBroadcastMac, {2, 0, 0, 0, 0, 9}, 0x88B5, Bytes(50)));
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  EchoServer echo;
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {1}), Bytes{1});
  EXPECT_TRUE(other.receive(50ms).empty());
}

TEST(Switch, HoldsHundredsOfGuestsAndAThousandLeases) {
  const auto running = start({.max_ports = 2048, .relay = {.max_flows = 2048}});
  std::vector<std::unique_ptr<Guest>> guests;
  for (std::uint8_t i = 0; i < 250; ++i) {
    guests.push_back(std::make_unique<Guest>(running->port(), i));
    ASSERT_TRUE(guests.back()->bind()) << unsigned{i};
  }
  DhcpServer server(Subnet{}, 1h);
  for (unsigned i = 0; i < 1000; ++i) {
    net::DhcpMessage message;
    message.operation = net::BootpOperation::kRequest;
    message.type = net::DhcpType::kDiscover;
    message.client_mac = {
        2, 9, 0, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    ASSERT_TRUE(server.answer(message, Time{}));
  }
  EXPECT_EQ(server.leases(), 1000U);
  EXPECT_EQ(running->get().stats().ports, 250U);
}

TEST(Switch, RelayHoldsNoMoreFlowsThanAllowed) {
  EchoServer echo;
  const auto running = start({.relay = {.max_flows = 3}});
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  for (std::uint16_t port = 1; port <= 20; ++port) {
    ASSERT_EQ(guest.stack.send({gateway(), port}, 7, Bytes{1}, now_ns()), net::SendStatus::kSent);
    guest.flush();
  }
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {9}), Bytes{9});
  EXPECT_EQ(running->get().stats().flows, 3U);
}

TEST(Switch, ForgetsPeersThatAreGone) {
  const auto running = start();
  const Socket here(running->port());
  here.send(net::test::ethernet(net::kBroadcastMac, {2, 0, 0, 0, 0, 1}, 0x88B5, Bytes(50)));
  {
    const Socket gone(running->port());
    gone.send(net::test::ethernet(net::kBroadcastMac, {2, 0, 0, 0, 0, 2}, 0x88B5, Bytes(50)));
    ASSERT_FALSE(here.receive().empty());
    ASSERT_EQ(running->get().stats().ports, 2U);
  }
  for (int i = 0; i < 6000 && running->get().stats().ports == 2; ++i) {
    here.send(net::test::ethernet({2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 1}, 0x88B5, Bytes(50)));
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(running->get().stats().ports, 1U);
}

TEST(Switch, AHostPortWhereNobodyListensDoesNotStopTheOthers) {
  EchoServer echo;
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  std::uint16_t closed = 0;
  { closed = Socket(0).port; }
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(guest.stack.send({gateway(), closed}, 7, Bytes{1}, now_ns()), net::SendStatus::kSent);
    guest.flush();
  }
  EXPECT_EQ(guest.exchange({gateway(), echo.port()}, {3}), Bytes{3});
}

TEST(Switch, SaysWhenItsPortIsInUse) {
  const auto running = start();
  const auto second = EthernetSwitch::open({.port = running->port()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kResourceFull);
  EXPECT_THAT(second.error().message,
              testing::AllOf(testing::HasSubstr(std::to_string(running->port())),
                             testing::HasSubstr("in use")));
}

TEST(Switch, UsesNoProcessorTimeWhenIdle) {
  const auto running = start();
  Guest guest(running->port(), 1);
  ASSERT_TRUE(guest.bind());
  const auto cpu = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  const double before = cpu();
  std::this_thread::sleep_for(500ms);
  EXPECT_LT(cpu() - before, 0.02);
}

TEST(PortTable, AGuestThatInventsAddressesHarmsOnlyItself) {
  PortTable table(2);
  PortInfo &honest = table.seen(1000, Time{});
  table.learn(honest, {2, 0, 0, 0, 0, 1});
  PortInfo &liar = table.seen(1001, Time{1s});
  for (int i = 0; i < 1000; ++i) {
    table.learn(liar,
                {2, 1, 0, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
  }
  EXPECT_EQ(liar.macs.size(), PortTable::kMacsPerPort);
  EXPECT_EQ(table.find({2, 0, 0, 0, 0, 1}), &honest);
  EXPECT_EQ(table.find({2, 1, 0, 0, 0, 1}), nullptr);
  table.learn(liar, {2, 0, 0, 0, 0, 1}); // a station that moved
  EXPECT_TRUE(honest.macs.empty());
  EXPECT_EQ(table.find({2, 0, 0, 0, 0, 1}), &liar);
}

TEST(PortTable, TheMostSilentPeerMakesRoom) {
  PortTable table(2);
  table.learn(table.seen(1000, Time{1s}), {2, 0, 0, 0, 0, 1});
  table.learn(table.seen(1001, Time{2s}), {2, 0, 0, 0, 0, 2});
  table.seen(1000, Time{3s});
  table.seen(1002, Time{4s});
  EXPECT_EQ(table.ports().size(), 2U);
  EXPECT_EQ(table.find({2, 0, 0, 0, 0, 2}), nullptr);
  EXPECT_NE(table.find({2, 0, 0, 0, 0, 1}), nullptr);
}

net::DhcpMessage request_of(std::uint8_t number, net::DhcpType type) {
  net::DhcpMessage message;
  message.operation = net::BootpOperation::kRequest;
  message.type = type;
  message.client_mac = {2, 0, 0, 0, 0, number};
  return message;
}

TEST(DhcpServer, ConfirmsItsOwnAddressesAndRefusesOthers) {
  DhcpServer server(Subnet{}, 1h);
  const auto offer = server.answer(request_of(1, net::DhcpType::kDiscover), Time{});
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->type, net::DhcpType::kOffer);
  net::DhcpMessage request = request_of(1, net::DhcpType::kRequest);
  request.requested = offer->yours;
  request.server = gateway();
  EXPECT_EQ(server.answer(request, Time{})->type, net::DhcpType::kAck);
  request.server = net::Ipv4Address::of(10, 77, 9, 9);
  EXPECT_FALSE(server.answer(request, Time{})) << "meant for another server";
  request.server = {};
  request.client_mac[5] = 2;
  EXPECT_EQ(server.answer(request, Time{})->type, net::DhcpType::kNak) << "another's address";
  request.requested = net::Ipv4Address::of(192, 168, 1, 1);
  EXPECT_EQ(server.answer(request, Time{})->type, net::DhcpType::kNak);
}

TEST(DhcpServer, ConfirmsALeaseFromBeforeItsRestart) {
  DhcpServer server(Subnet{}, 1h);
  net::DhcpMessage renewal = request_of(1, net::DhcpType::kRequest);
  renewal.client = net::Ipv4Address::of(10, 77, 33, 44);
  const auto answer = server.answer(renewal, Time{});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->type, net::DhcpType::kAck);
  EXPECT_EQ(answer->yours, renewal.client);
}

TEST(DhcpServer, StaysBoundedWhenAGuestInventsClients) {
  DhcpServer server(Subnet{}, 1h);
  const auto discover = [&](std::size_t i, Time now) {
    net::DhcpMessage message = request_of(0, net::DhcpType::kDiscover);
    message.client_mac[3] = static_cast<std::uint8_t>(i >> 16);
    message.client_mac[4] = static_cast<std::uint8_t>(i >> 8);
    message.client_mac[5] = static_cast<std::uint8_t>(i);
    return server.answer(message, now).has_value();
  };
  for (std::size_t i = 0; i < DhcpServer::kMaxLeases; ++i) {
    ASSERT_TRUE(discover(i, Time{}));
  }
  EXPECT_FALSE(discover(DhcpServer::kMaxLeases, Time{}));
  EXPECT_TRUE(discover(DhcpServer::kMaxLeases, Time{2h}));
  EXPECT_EQ(server.leases(), 1U);
}

} // namespace
} // namespace tinyml::tender
