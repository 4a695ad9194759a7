// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/dhcp_server.hpp"

#include <gtest/gtest.h>

namespace tinyml::tender {
namespace {

using namespace std::chrono_literals;

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
  request.server = Subnet{}.gateway;
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
