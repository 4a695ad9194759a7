// SPDX-License-Identifier: Apache-2.0
#include "tender/serial/slip_bridge.hpp"

#include "os/net/slip_stack.hpp"
#include "os/net/test_frames.hpp"
#include "tender/switch/gateway.hpp"

#include <gtest/gtest.h>
#include <random>

namespace tinyml::tender {
namespace {

using net::test::Bytes;
using net::test::kPeerMac;

constexpr net::MacAddress kMac{0x02, 0x53, 1, 2, 3, 4};
constexpr net::Ipv4Address kStation = net::Ipv4Address::of(10, 77, 0, 99);

Bytes slip(ByteView packet) {
  Bytes bytes;
  net::slip_send(packet, [&](std::uint8_t byte) { bytes.push_back(byte); });
  return bytes;
}

/// A bridge between a device's SLIP stack and the switch's gateway, which gives addresses.
struct Network {
  Network() : device({}, device_frame) {
    bridge.poll(now_ns);
    deliver_to_gateway();
  }

  /// Everything the bridge sent goes to the gateway, and the gateway's answers come back.
  void deliver_to_gateway() {
    while (!frames.empty()) {
      Bytes frame = frames.front();
      frames.erase(frames.begin());
      seen.push_back(frame);
      const std::size_t size = frame.size();
      frame.resize(net::kEthernetFrameBytes);
      const auto outcome = gateway.handle(frame, size, Time{});
      if (!outcome.answer.empty()) {
        bridge.from_network(outcome.answer, now_ns);
      }
    }
  }

  /// What lies on the line towards the device, packet by packet into its stack.
  std::vector<Bytes> deliver_to_device() {
    std::vector<Bytes> payloads;
    Bytes packet(2048);
    net::SlipReceiver receiver(packet);
    for (const std::uint8_t byte : std::exchange(line, {})) {
      const std::size_t size = receiver.push(byte);
      if (size != 0 && size <= device.receive_buffer().size()) {
        std::copy_n(packet.begin(), size, device.receive_buffer().begin());
        const auto datagram = device.handle_frame(device.receive_buffer().first(size), now_ns);
        if (datagram) {
          payloads.emplace_back(datagram->payload.begin(), datagram->payload.end());
        }
      }
    }
    return payloads;
  }

  void device_sends() {
    for (ByteView out = device.poll(now_ns); !out.empty(); out = device.poll(now_ns)) {
      bridge.from_line(slip(out), now_ns);
    }
  }

  void start_device() {
    device_sends();
    (void)deliver_to_device();
  }

  std::uint64_t now_ns = net::kNanosPerSecond;
  Gateway gateway{Subnet{}};
  std::string console;
  Bytes line;
  std::vector<Bytes> frames;
  std::vector<Bytes> seen;
  int end_code = -1;
  SlipBridge bridge{
      kMac,
      7,
      {.console = [this](std::string_view text) { console += text; },
       .line = [this](ByteView bytes) { net::test::append(line, bytes); },
       .network = [this](ByteView frame) { frames.emplace_back(frame.begin(), frame.end()); },
       .ended = [this](std::uint8_t code) { end_code = code; }}};
  Bytes device_frame = Bytes(1500);
  net::SlipStack device;
};

TEST(SlipBridge, TellsTheDeviceTheAddressThatDhcpGave) {
  Network network;
  ASSERT_FALSE(network.bridge.address().is_none());
  EXPECT_FALSE(network.device.ready());
  network.start_device();
  EXPECT_EQ(network.device.address(), network.bridge.address());
}

TEST(SlipBridge, TheDeviceAsksUntilThereIsAnAnswer) {
  Network network;
  network.device_sends();
  network.line.clear(); // lost
  EXPECT_GT(network.device.next_deadline_ns(), network.now_ns);
  network.now_ns = network.device.next_deadline_ns();
  network.start_device();
  EXPECT_TRUE(network.device.ready());
  EXPECT_EQ(network.device.next_deadline_ns(), net::kNever);
}

TEST(SlipBridge, CarriesPacketsBothWays) {
  Network network;
  network.start_device();
  const net::Endpoint device{network.device.address(), 5683};
  const Bytes question = net::test::udp({kStation, 5000}, device, Bytes{1, 2, 0xC0, 0xDB});
  network.bridge.from_network(net::test::ethernet(kMac, kPeerMac, 0x0800, question),
                              network.now_ns);
  EXPECT_EQ(network.deliver_to_device(), std::vector<Bytes>{(Bytes{1, 2, 0xC0, 0xDB})});
  ASSERT_EQ(network.device.send({kStation, 5000}, 5683, Bytes{9}, network.now_ns),
            net::SendStatus::kSent);
  network.device_sends();
  ASSERT_EQ(network.frames.size(), 1U);
  EXPECT_EQ(net::frame_destination(network.frames[0].data()), kPeerMac); // learned
  EXPECT_EQ(net::frame_source(network.frames[0].data()), kMac);
  EXPECT_EQ(network.frames[0].back(), 9);
}

TEST(SlipBridge, PacketsToStrangersGoToEverybody) {
  Network network;
  network.start_device();
  ASSERT_EQ(network.device.send({kStation, 1}, 2, Bytes{9}, network.now_ns),
            net::SendStatus::kSent);
  network.device_sends();
  ASSERT_EQ(network.frames.size(), 1U);
  EXPECT_EQ(net::frame_destination(network.frames[0].data()), net::kBroadcastMac);
}

TEST(SlipBridge, AnswersArpForTheDevice) {
  Network network;
  const auto question = net::test::arp(1, kPeerMac, kStation, {}, network.bridge.address());
  network.bridge.from_network(net::test::ethernet(net::kBroadcastMac, kPeerMac, 0x0806, question),
                              network.now_ns);
  ASSERT_EQ(network.frames.size(), 1U);
  EXPECT_EQ(net::arp_sender_mac(network.frames[0].data()), kMac);
  EXPECT_TRUE(network.line.empty());
}

TEST(SlipBridge, OnlyItsOwnPacketsReachTheDevice) {
  Network network;
  network.start_device();
  const Bytes other = net::test::udp({kStation, 1}, {net::Ipv4Address::of(10, 77, 9, 9), 2}, {});
  network.bridge.from_network(net::test::ethernet(kMac, kPeerMac, 0x0800, other), network.now_ns);
  const Bytes mine = net::test::udp({kStation, 1}, {network.bridge.address(), 2}, {});
  network.bridge.from_network(net::test::ethernet(kPeerMac, kPeerMac, 0x0800, mine),
                              network.now_ns);
  EXPECT_TRUE(network.line.empty());
}

TEST(SlipBridge, ADeviceThatNeverAsksHasTheAddressItSpeaksFrom) {
  Network network;
  constexpr net::Ipv4Address kOwn = net::Ipv4Address::of(10, 77, 0, 2);
  network.bridge.from_line(slip(net::test::udp({kOwn, 1}, {kStation, 2}, {})), network.now_ns);
  EXPECT_EQ(network.frames.size(), 1U);
  network.frames.clear();
  const auto question = net::test::arp(1, kPeerMac, kStation, {}, kOwn);
  network.bridge.from_network(net::test::ethernet(net::kBroadcastMac, kPeerMac, 0x0806, question),
                              network.now_ns);
  ASSERT_EQ(network.frames.size(), 1U);
  EXPECT_EQ(net::arp_sender_mac(network.frames[0].data()), kMac);
  EXPECT_EQ(net::arp_sender(network.frames[0].data()), kOwn);
}

TEST(SlipBridge, NobodySpeaksUnderAnotherAddress) {
  Network network;
  network.start_device();
  network.bridge.from_line(slip(net::test::udp({kStation, 1}, {kStation, 2}, {})), network.now_ns);
  EXPECT_TRUE(network.frames.empty());
}

TEST(SlipBridge, SeparatesConsoleAndEnd) {
  Network network;
  network.bridge.from_line(slip(as_bytes("\rhello")), network.now_ns);
  network.bridge.from_line(slip(as_bytes("\r world")), network.now_ns);
  network.bridge.from_line(slip(Bytes{4, 70}), network.now_ns);
  EXPECT_EQ(network.console, "hello world");
  EXPECT_EQ(network.end_code, 70);
}

TEST(SlipBridge, SurvivesNoise) {
  Network network;
  std::minstd_rand random(3);
  Bytes noise(3000);
  for (int round = 0; round < 200; ++round) {
    for (std::uint8_t &byte : noise) {
      const auto draw = random();
      byte = draw % 8 == 0 ? std::uint8_t{net::kSlipEnd} : static_cast<std::uint8_t>(draw >> 8);
    }
    network.bridge.from_line(noise, network.now_ns);
    network.bridge.from_network(ByteView(noise).first(random() % 1600), network.now_ns);
  }
  network.line.clear();
  network.frames.clear();
  network.console.clear();
  network.bridge.from_line(Bytes{net::kSlipEnd}, network.now_ns);
  network.bridge.from_line(slip(as_bytes("\rstill here")), network.now_ns);
  EXPECT_EQ(network.console, "still here");
}

} // namespace
} // namespace tinyml::tender
