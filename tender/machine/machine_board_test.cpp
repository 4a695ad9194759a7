// SPDX-License-Identifier: Apache-2.0
// Boots the emulator with the program os/net/echo: stack, driver, machine and switch together.
#include "os/net/test_frames.hpp"
#include "tender/machine/machine.hpp"
#include "tender/switch/ethernet_switch.hpp"

#include "host/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <cstdlib>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/socket.h>

namespace tinyml::tender {
namespace {

using namespace std::chrono_literals;
using net::test::Bytes;

constexpr std::string_view kBoard = "mps2-an385";
constexpr net::MacAddress kTesterMac{0x02, 0, 0, 0, 9, 9};
constexpr net::Ipv4Address kTester = net::Ipv4Address::of(10, 77, 0, 99);

std::filesystem::path program(std::string_view board = kBoard) {
  return std::filesystem::path(TINYML_BOARDS_DIR) / board / "net_echo.elf";
}

/// For what takes no time on an idle machine: others may keep its processors busy.
constexpr int kPatienceMs = 30'000;

/// A station on the switch that asks the device things.
class Tester {
public:
  explicit Tester(std::uint16_t switch_port) : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(switch_port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr *>(&to), sizeof to), 0);
  }

  void send(const net::MacAddress &to, std::uint16_t type, ByteView payload) const {
    const Bytes frame = net::test::ethernet(to, kTesterMac, type, payload);
    ASSERT_EQ(::send(socket_.get(), frame.data(), frame.size(), 0),
              static_cast<ssize_t>(frame.size()));
  }

  /// Sends a plain datagram and returns the answer; empty when none comes.
  Bytes exchange(const Bytes &datagram) const {
    EXPECT_EQ(::send(socket_.get(), datagram.data(), datagram.size(), 0),
              static_cast<ssize_t>(datagram.size()));
    pollfd waiting{socket_.get(), POLLIN, 0};
    Bytes answer(2048);
    const bool ready = ::poll(&waiting, 1, kPatienceMs) == 1;
    const ssize_t size = ready ? ::recv(socket_.get(), answer.data(), answer.size(), 0) : 0;
    answer.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return answer;
  }

  /// The next frame of that type that comes to us within a while; the device's ARP questions are
  /// answered.
  Bytes receive_frame(net::EtherType wanted) const {
    for (;;) {
      pollfd waiting{socket_.get(), POLLIN, 0};
      Bytes frame(2048);
      const bool ready = ::poll(&waiting, 1, kPatienceMs) == 1;
      const ssize_t size = ready ? ::recv(socket_.get(), frame.data(), frame.size(), 0) : 0;
      if (size <= 0) {
        return {};
      }
      frame.resize(static_cast<std::size_t>(size));
      const std::uint8_t *at = frame.data();
      if (net::is_arp(frame) && net::arp_operation(at) == net::ArpOperation::kQuestion &&
          net::arp_target(at) == kTester) {
        send(net::arp_sender_mac(at), 0x0806,
             net::test::arp(2, kTesterMac, kTester, net::arp_sender_mac(at), net::arp_sender(at)));
      } else if (net::frame_type(frame.data()) == wanted) {
        return frame;
      }
    }
  }

  Bytes receive_packet() const {
    const Bytes frame = receive_frame(net::EtherType::kIpv4);
    return frame.empty() ? frame : Bytes(frame.begin() + 14, frame.end());
  }

  std::optional<net::MacAddress> resolve(net::Ipv4Address address) const {
    send(net::kBroadcastMac, 0x0806, net::test::arp(1, kTesterMac, kTester, {}, address));
    const Bytes answer = receive_frame(net::EtherType::kArp);
    return net::is_arp(answer) ? std::optional(net::arp_sender_mac(answer.data())) : std::nullopt;
  }

private:
  FileDescriptor socket_;
};

net::Ipv4Address address_in(const std::string &words) {
  std::istringstream text(words);
  unsigned octets[4] = {};
  char dot = 0;
  text >> octets[0] >> dot >> octets[1] >> dot >> octets[2] >> dot >> octets[3];
  return {(octets[0] << 24) | (octets[1] << 16) | (octets[2] << 8) | octets[3]};
}

struct Board : testing::Test {
  void SetUp() override {
    ASSERT_TRUE(create_store(kBoard, folder.path() / "store"));
    auto opened = SwitchThread::start({});
    ASSERT_TRUE(opened);
    joined = std::move(*opened);
    auto started = Machine::start({.board = std::string(kBoard),
                                   .program = program(),
                                   .store = folder.path() / "store",
                                   .switch_port = joined->port()});
    ASSERT_TRUE(started) << started.error().message;
    machine = std::move(*started);
    const auto told = machine->wait_for_line("address ", 30s);
    ASSERT_TRUE(told) << machine->console();
    ASSERT_TRUE(told->starts_with("10.77.")) << *told;
    device = address_in(*told);
  }

  host::TemporaryFolder folder = std::move(*host::TemporaryFolder::create("machine-board-test"));
  std::unique_ptr<SwitchThread> joined;
  std::unique_ptr<Machine> machine;
  net::Ipv4Address device;
};

TEST_F(Board, AnswersPingThroughTheSwitch) {
  const Tester tester(joined->port());
  const auto mac = tester.resolve(device);
  ASSERT_TRUE(mac);
  for (const std::size_t size : {0U, 1U, 56U, 777U, 1472U}) {
    tester.send(*mac, 0x0800, net::test::echo_request(kTester, device, Bytes(size, 0x42)));
    const Bytes answer = tester.receive_packet();
    ASSERT_GE(answer.size(), 28 + size) << size;
    EXPECT_EQ(answer[20], 0) << size;
    EXPECT_EQ(net::test::naive_sum(ByteView(answer).subspan(20, 8 + size)), 0) << size;
  }
}

TEST_F(Board, EchoesUdpOfEverySize) {
  const Tester tester(joined->port());
  const auto mac = tester.resolve(device);
  ASSERT_TRUE(mac);
  for (std::size_t size = 0; size <= 1472; size += size < 64 ? 1 : 64) {
    Bytes payload(size);
    for (std::size_t i = 0; i < size; ++i) {
      payload[i] = static_cast<std::uint8_t>(i * 13 + size);
    }
    tester.send(*mac, 0x0800, net::test::udp({kTester, 5000}, {device, 7}, payload));
    Bytes packet = tester.receive_packet();
    net::Counters counters;
    const auto answer = net::test::receive(packet, kTester, counters).datagram;
    ASSERT_TRUE(answer) << size;
    EXPECT_EQ(answer->peer, (net::Endpoint{device, 7}));
    ASSERT_TRUE(
        std::equal(payload.begin(), payload.end(), answer->payload.begin(), answer->payload.end()))
        << size;
  }
}

TEST_F(Board, SurvivesAFloodOfDamagedFrames) {
  const Tester tester(joined->port());
  const auto mac = tester.resolve(device);
  ASSERT_TRUE(mac);
  const Bytes good = net::test::udp({kTester, 5000}, {device, 7}, Bytes(200, 1));
  for (std::size_t i = 0; i < 2000; ++i) {
    Bytes bad = good;
    bad[i % bad.size()] ^= static_cast<std::uint8_t>(1 + i % 255);
    bad.resize(1 + (i * 7) % good.size());
    tester.send(*mac, 0x0800, bad);
  }
  // Whatever was lost on the way, the device must answer again.
  bool answered = false;
  for (int i = 0; i < 5 && !answered; ++i) {
    tester.send(*mac, 0x0800, net::test::echo_request(kTester, device, Bytes(10, 0x42)));
    for (Bytes packet = tester.receive_packet(); !packet.empty() && !answered;
         packet = answered ? Bytes{} : tester.receive_packet()) {
      answered = packet[9] == 1;
    }
  }
  EXPECT_TRUE(answered);
}

TEST_F(Board, SleepsWhenIdle) {
  const auto ticks = [&] { // user and system time: fields 14 and 15 of /proc/PID/stat
    std::ifstream stat("/proc/" + std::to_string(machine->pid()) + "/stat");
    std::string field;
    long sum = 0;
    for (int i = 1; i <= 15 && stat >> field; ++i) {
      sum += i >= 14 ? std::stol(field) : 0;
    }
    return static_cast<double>(sum) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  };
  const double before = ticks();
  std::this_thread::sleep_for(2s);
  EXPECT_LT(ticks() - before, 0.3);
}

TEST(HostedBoard, EchoesUdpOnItsOwnSocket) {
  const auto folder = std::move(*host::TemporaryFolder::create("machine-board-test"));
  ASSERT_TRUE(create_store("linux", folder.path() / "store"));
  const auto machine = Machine::start(
      {.board = "linux", .program = program("linux"), .store = folder.path() / "store"});
  ASSERT_TRUE(machine) << machine.error().message;
  const auto port = (*machine)->wait_for_line("datagrams on UDP port ", 30s);
  ASSERT_TRUE(port) << (*machine)->console();
  const Tester tester(static_cast<std::uint16_t>(std::stoi(*port)));
  for (const std::size_t size : {1U, 100U, 1472U}) {
    EXPECT_EQ(tester.exchange(Bytes(size, 0x77)), Bytes(size, 0x77));
  }
}

TEST(Exec, EndsAProgramThatDoesNotEnd) {
  const auto folder = std::move(*host::TemporaryFolder::create("machine-board-test"));
  ASSERT_TRUE(create_store(kBoard, folder.path() / "store"));
  const auto outcome = run_exec(
      {.board = std::string(kBoard), .program = program(), .store = folder.path() / "store"},
      300ms);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, testing::HasSubstr("time limit"));
}

} // namespace
} // namespace tinyml::tender
