// SPDX-License-Identifier: Apache-2.0
// Runs the conformance program on the boards and plays the peer on its network: a station on the
// frame switch, or on hosted boards the other end of a UDP socket.
#include "os/conformance/peer_protocol.hpp"
#include "os/conformance/run_board.hpp"
#include "tender/switch/ethernet_switch.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <gtest/gtest.h>
#include <iostream>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tinyml::conformance {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kEthernetHeaderBytes = 14;
constexpr std::uint8_t kPeerMac[6] = {0x02, 0, 0, 0, 0, 0x01};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// The peer of peer_protocol.hpp behind a UDP socket.
class Peer {
public:
  explicit Peer(std::size_t header_bytes) : header_bytes_(header_bytes) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const sockaddr_in any = loopback(0);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr *>(&any), sizeof(any)), 0);
  }
  ~Peer() { ::close(socket_); }
  Peer(const Peer &) = delete;
  Peer &operator=(const Peer &) = delete;

  [[nodiscard]] std::uint16_t port() const {
    sockaddr_in bound{};
    socklen_t length = sizeof(bound);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr *>(&bound), &length), 0);
    return ntohs(bound.sin_port);
  }
  void talk_to(std::uint16_t port) { board_ = loopback(port); }
  [[nodiscard]] bool heard_anything() const { return heard_anything_; }

  void say_hello() {
    std::vector<std::uint8_t> hello = header();
    hello.resize(header_bytes_ + kMinMessageBytes);
    hello[header_bytes_] = kHello;
    send(hello);
  }

  /// Answers what comes within the time.
  void serve_for(milliseconds time) {
    const auto end = Clock::now() + time;
    for (;;) {
      const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
      pollfd waiting{socket_, POLLIN, 0};
      if (left.count() < 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
        return;
      }
      std::vector<std::uint8_t> frame(2048);
      const ssize_t size = ::recv(socket_, frame.data(), frame.size(), 0);
      if (size > static_cast<ssize_t>(header_bytes_)) {
        frame.resize(static_cast<std::size_t>(size));
        answer(std::move(frame));
      }
    }
  }

private:
  [[nodiscard]] std::vector<std::uint8_t> header() const {
    std::vector<std::uint8_t> bytes(header_bytes_, 0xFF); // broadcast until we know better
    if (header_bytes_ == kEthernetHeaderBytes) {
      std::copy_n(kPeerMac, 6, bytes.data() + 6);
      store_be(bytes.data() + 12, kEtherType);
    }
    return bytes;
  }

  void answer(std::vector<std::uint8_t> frame) {
    if (header_bytes_ == kEthernetHeaderBytes) {
      if (load_be<std::uint16_t>(frame.data() + 12) != kEtherType) {
        return;
      }
      std::copy_n(frame.data() + 6, 6, frame.data());
      std::copy_n(kPeerMac, 6, frame.data() + 6);
    }
    std::uint8_t *message = frame.data() + header_bytes_;
    heard_anything_ = heard_anything_ || message[0] != kHere;
    if (message[0] == kEcho) {
      message[0] = kEchoed;
      send(frame);
    } else if (message[0] == kBurst) {
      const std::uint8_t count = message[1];
      frame.resize(header_bytes_ + kBurstMessageBytes);
      for (std::uint8_t i = 0; i < count; ++i) {
        frame[header_bytes_] = kBurstPart;
        frame[header_bytes_ + 1] = i;
        send(frame);
      }
    }
  }

  void send(const std::vector<std::uint8_t> &frame) {
    EXPECT_EQ(::sendto(socket_, frame.data(), frame.size(), 0,
                       reinterpret_cast<const sockaddr *>(&board_), sizeof(board_)),
              static_cast<ssize_t>(frame.size()));
  }

  std::size_t header_bytes_;
  int socket_ = -1;
  sockaddr_in board_{};
  bool heard_anything_ = false;
};

/// One run of the program, the network and the peer.
class Conformance : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    auto folder = host::TemporaryFolder::create("conformance");
    ASSERT_TRUE(folder.ok()) << folder.error().message;
    folder_.emplace(*std::move(folder));
    auto network = tender::SwitchThread::start({});
    ASSERT_TRUE(network.ok()) << network.error().message;
    network_ = std::move(*network);
    link_ = board_description(GetParam()).value("link", "");
    ASSERT_FALSE(link_.empty()) << "board " << GetParam() << " is not built";
    auto started =
        start_board(GetParam(), "conformance.elf", folder_->path() / "store", network_->port());
    ASSERT_TRUE(started.ok()) << started.error().message;
    machine_ = std::move(*started);
  }

  /// A hosted board says on its console where it can be reached.
  std::uint16_t told_port() {
    constexpr std::string_view kAnnounces = "datagrams on UDP port ";
    EXPECT_TRUE(machine_->wait_for_console(kAnnounces, seconds(10)));
    EXPECT_TRUE(machine_->wait_for_console("\n", seconds(1)));
    const std::string text = machine_->console();
    return static_cast<std::uint16_t>(
        std::stoi(text.substr(text.find(kAnnounces) + kAnnounces.size())));
  }

  /// Serves until the program ends; nothing when it hung.
  std::optional<tender::MachineExit> serve() {
    if (link_ == "kNone") {
      return machine_->wait(seconds(60));
    }
    Peer peer(link_ == "kDatagram" ? 0 : kEthernetHeaderBytes);
    peer.talk_to(link_ == "kDatagram" ? told_port() : network_->port());
    const auto end = Clock::now() + seconds(60);
    std::optional<tender::MachineExit> ended;
    while (Clock::now() < end && !(ended = machine_->wait(milliseconds(0)))) {
      if (!peer.heard_anything()) {
        peer.say_hello();
      }
      peer.serve_for(milliseconds(50));
    }
    return ended;
  }

  std::optional<host::TemporaryFolder> folder_;
  std::unique_ptr<tender::SwitchThread> network_;
  std::unique_ptr<tender::Machine> machine_;
  std::string link_;
};

TEST_P(Conformance, Holds) {
  const auto ended = serve();
  const std::string text = machine_->console();
  std::cout << text;
  ASSERT_TRUE(ended.has_value()) << "the program hung";
  EXPECT_EQ(ended->code, 0);
  EXPECT_EQ(text.find("FAILED"), std::string::npos);
  EXPECT_NE(text.find("figure  failed 0"), std::string::npos);
  EXPECT_NE(text.find("ok      the Internet checksum of every length"), std::string::npos);
  if (link_ != "kNone") {
    EXPECT_NE(text.find("ok      a burst is received whole"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(On, Conformance, testing::ValuesIn(image_boards()),
                         [](const auto &board) { return test_name(board.param); });

} // namespace
} // namespace tinyml::conformance
