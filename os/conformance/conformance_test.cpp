// SPDX-License-Identifier: Apache-2.0
// Runs the conformance program on the boards and plays the peer on its network: one Ethernet frame
// or one datagram is one UDP datagram on this side, whatever the board.
#include "base/bytes.hpp"
#include "host/files.hpp"
#include "os/conformance/peer_protocol.hpp"
#include "os/conformance/run_board.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <gtest/gtest.h>
#include <iostream>
#include <netinet/in.h>
#include <poll.h>
#include <regex>
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
    heard_anything_ = true;
    std::uint8_t *message = frame.data() + header_bytes_;
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

/// One run of the program: a child whose console is a file, and the peer.
class Conformance : public testing::Test {
protected:
  void SetUp() override {
    auto folder = host::TemporaryFolder::create("conformance");
    ASSERT_TRUE(folder.ok()) << folder.error().message;
    folder_.emplace(*std::move(folder));
  }

  [[nodiscard]] std::filesystem::path in_folder(const char *name) const {
    return folder_->path() / name;
  }
  [[nodiscard]] std::string console() const {
    return host::read_text(in_folder("console")).ok() ? *host::read_text(in_folder("console")) : "";
  }
  /// Serves until the program ends. Returns its exit code, or nothing when it hung.
  std::optional<int> finish(host::Child &child, Peer &peer) const {
    const auto end = Clock::now() + seconds(60);
    while (Clock::now() < end) {
      if (const auto code = child.ended(); code) {
        return code;
      }
      if (!peer.heard_anything()) {
        peer.say_hello();
      }
      peer.serve_for(milliseconds(50));
    }
    return std::nullopt;
  }

  void expect_all_held(std::optional<int> exit_code) const {
    const std::string text = console();
    std::cout << text;
    ASSERT_TRUE(exit_code.has_value()) << "the program hung";
    EXPECT_EQ(*exit_code, 0);
    EXPECT_EQ(text.find("FAILED"), std::string::npos);
    EXPECT_NE(text.find("figure  failed 0"), std::string::npos);
    EXPECT_NE(text.find("a burst is received whole"), std::string::npos);
  }

  std::optional<host::TemporaryFolder> folder_;
};

TEST_F(Conformance, HoldsOnLinux) {
  Peer peer(0);
  auto child = start_board("linux", "conformance.elf", in_folder("store"), in_folder("console"));
  ASSERT_TRUE(child.ok()) << child.error().message;
  const std::regex told_port("UDP port ([0-9]+)");
  std::smatch match;
  std::string text;
  for (int i = 0; i < 200 && !std::regex_search(text, match, told_port); ++i) {
    ::usleep(10'000);
    text = console();
  }
  ASSERT_FALSE(match.empty()) << text;
  peer.talk_to(static_cast<std::uint16_t>(std::stoi(match[1])));
  expect_all_held(finish(*child, peer));
}

class ConformanceUnderQemu : public Conformance,
                             public testing::WithParamInterface<const char *> {};

TEST_P(ConformanceUnderQemu, Holds) {
  Peer peer(kEthernetHeaderBytes);
  const auto port = host::free_udp_port();
  ASSERT_TRUE(port.ok()) << port.error().message;
  peer.talk_to(*port);
  const std::string store = in_folder("store").string();
  ASSERT_TRUE(host::write_file(store, std::vector<std::uint8_t>(16U << 20, 0xFF)).ok());
  std::filesystem::resize_file(store, store_file_bytes(GetParam()));
  const auto address = [](const char *side, std::uint16_t number) {
    return std::string(",") + side + ".type=inet," + side + ".host=127.0.0.1," + side +
           ".port=" + std::to_string(number);
  };
  auto child = start_board(GetParam(), "conformance.elf", store, in_folder("console"),
                           {"-netdev",
                            "dgram,id=n" + address("local", *port) + address("remote", peer.port()),
                            "-net", "nic,netdev=n"});
  ASSERT_TRUE(child.ok()) << child.error().message;
  expect_all_held(finish(*child, peer));
  EXPECT_NE(console().find("ok      the Internet checksum of every length"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(On, ConformanceUnderQemu,
                         testing::Values("mps2-an385", "mps2-an386", "mps3-an547"),
                         [](const auto &board) {
                           std::string name = board.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
} // namespace tinyml::conformance
