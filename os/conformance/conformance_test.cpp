// SPDX-License-Identifier: Apache-2.0
// Runs the conformance program on the boards and is the other end of their networks: a station on
// the frame switch, or of hosted boards the other end of a UDP socket. First below any network
// stack, then against the board's own one.
#include "os/conformance/network_trial.hpp"
#include "os/conformance/peer.hpp"
#include "os/conformance/run_board.hpp"
#include "tender/switch/ethernet_switch.hpp"

#include <gtest/gtest.h>
#include <iostream>

namespace tinyml::conformance {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// For what takes no time on an idle machine: others may keep its processors busy.
constexpr seconds kPatience{30};
constexpr std::size_t kLargestPayload = 1472;       // of an Ethernet frame: ping's data, or UDP's
constexpr std::size_t kLargestSerialPayload = 1152; // net::StackOf<kSlip>

/// "10.77.1.2" as a console has it.
net::Ipv4Address told_address(const std::string &words) {
  std::istringstream text(words);
  unsigned octets[4] = {};
  char dot = 0;
  text >> octets[0] >> dot >> octets[1] >> dot >> octets[2] >> dot >> octets[3];
  return {(octets[0] << 24) | (octets[1] << 16) | (octets[2] << 8) | octets[3]};
}

/// The lines of a report, as on the console and as by CoAP.
std::string report_lines(const std::string &text) {
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    for (const std::string_view word : {"ok ", "FAILED ", "skipped ", "figure ", "board "}) {
      kept += line.starts_with(word) ? line + "\n" : "";
    }
  }
  return kept;
}

/// One run of the program, its network and the peer.
class Conformance : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    if (const std::string missing = tender::missing_hardware(GetParam()); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
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

  [[nodiscard]] bool hosted() const { return link_ == "kDatagram"; }

  /// A hosted board says on its console where it can be reached.
  std::uint16_t told_port() {
    constexpr std::string_view kAnnounces = "datagrams on UDP port ";
    const auto port = machine_->wait_for_line(kAnnounces, kPatience);
    EXPECT_TRUE(port) << machine_->console();
    return static_cast<std::uint16_t>(std::stoi(port.value_or("0")));
  }

  /// Plays the peer until the program has told how many checks failed.
  void serve_frames() {
    const PeerFraming framing = hosted()           ? PeerFraming::kNone
                                : link_ == "kSlip" ? PeerFraming::kIpOverEthernet
                                                   : PeerFraming::kEthernet;
    Peer peer(framing, hosted() ? told_port() : network_->port());
    const auto end = Clock::now() + seconds(60) + 2 * kPatience;
    while (Clock::now() < end && machine_->running() &&
           !machine_->wait_for_line("figure  failed", milliseconds(0))) {
      if (!peer.heard_anything()) {
        peer.say_hello();
      }
      peer.serve_for(milliseconds(50));
    }
  }

  /// ARP, ping and UDP of every size, bursts, and the report over CoAP through a bad network.
  void try_stack() {
    const auto told = machine_->wait_for_line("address ", kPatience);
    ASSERT_TRUE(told) << machine_->console();
    const net::Ipv4Address address = told_address(*told);
    auto station = tender::Station::join(network_->port(), {});
    ASSERT_TRUE(station.ok()) << station.error().message;
    ASSERT_TRUE(station->resolve(address, kPatience)) << "no answer to ARP";
    const auto start = Clock::now();
    // A serial line carries some ten bytes in the time of a frame.
    const std::size_t stride = link_ == "kSlip" ? 128 : 1;
    const std::size_t largest = link_ == "kSlip" ? kLargestSerialPayload : kLargestPayload;
    for (std::size_t size = 0; size <= largest; size += stride) {
      ASSERT_TRUE(station->ping(address, size, kPatience)) << "ping with " << size << " bytes";
    }
    const auto pinged = Clock::now();
    const auto echo = converse(*station, {address, 7});
    EXPECT_EQ(first_failing_echo(*echo, largest, stride), std::nullopt);
    const auto echoed = Clock::now();
    std::cout << "a ping took " << (pinged - start) / milliseconds(1) * 1000 * stride / 1473
              << " us, an echo " << (echoed - pinged) / milliseconds(1) * 1000 * stride / 1473
              << " us\n";
    EXPECT_EQ(echoed_of_burst(*echo, 8), 8U);
    const auto coap = converse(*station, {address, 5683});
    read_report(*coap);
    try_bad_network(*station, address, *coap);
    EXPECT_TRUE(coap_post(*coap, "end"));
  }

  void try_hosted_stack() {
    const auto board = converse(told_port());
    EXPECT_EQ(first_failing_echo(*board, kLargestPayload), std::nullopt);
    EXPECT_EQ(echoed_of_burst(*board, 8), 8U);
    read_report(*board);
    EXPECT_TRUE(coap_post(*board, "end"));
  }

  void read_report(Conversation &coap) {
    const auto report = coap_get(coap, "report");
    ASSERT_TRUE(report) << "the report cannot be read over CoAP";
    EXPECT_EQ(report_lines(*report), report_lines(machine_->console()));
    EXPECT_GT(report->size(), 1000U);
  }

  void try_bad_network(tender::Station &station, net::Ipv4Address address, Conversation &coap) {
    ASSERT_TRUE(network_->get().impair({.loss = 0.2, .duplicate = 0.2, .reorder = 0.1}));
    const auto report = coap_get(coap, "report");
    ASSERT_TRUE(network_->get().impair({}));
    EXPECT_TRUE(report) << "a bad network stopped it";
    EXPECT_EQ(report_lines(report.value_or("")), report_lines(machine_->console()));
    (void)station.receive(milliseconds(50)); // what was delayed
    EXPECT_TRUE(station.ping(address, 56, kPatience));
  }

  std::optional<host::TemporaryFolder> folder_;
  std::unique_ptr<tender::SwitchThread> network_;
  std::unique_ptr<tender::Machine> machine_;
  std::string link_;
};

TEST_P(Conformance, Holds) {
  if (link_ != "kNone") {
    serve_frames();
    ASSERT_TRUE(machine_->running()) << machine_->console();
    hosted() ? try_hosted_stack() : try_stack();
  }
  const auto ended = machine_->wait(seconds(60));
  const std::string text = machine_->console();
  std::cout << text;
  ASSERT_TRUE(ended.has_value()) << "the program hung";
  EXPECT_EQ(ended->code, 0);
  EXPECT_EQ(text.find("FAILED"), std::string::npos);
  EXPECT_NE(text.find("figure  failed 0"), std::string::npos);
  EXPECT_NE(text.find("ok      the Internet checksum of every length"), std::string::npos);
  std::string alphabet;
  for (int i = 0; i < 200; ++i) {
    alphabet += static_cast<char>('a' + i % 26);
  }
  EXPECT_NE(text.find("console " + alphabet + "\r\n"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(On, Conformance, testing::ValuesIn(image_boards()),
                         [](const auto &board) { return test_name(board.param); });

} // namespace
} // namespace tinyml::conformance
