// SPDX-License-Identifier: Apache-2.0
// DHCP both ways: a client that hears hostile servers, a server that hears hostile clients, and the
// codec under both.
#include "os/net/dhcp_client.hpp"
#include "tender/switch/dhcp_server.hpp"

#include <cstdlib>
#include <map>

namespace {

using namespace tinyml;
using namespace tinyml::net;

constexpr MacAddress kMac{2, 0, 0, 0, 0, 1};

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

bool same(const DhcpMessage &a, const DhcpMessage &b) {
  return a.operation == b.operation && a.type == b.type && a.broadcast == b.broadcast &&
         a.transaction == b.transaction && a.client_mac == b.client_mac && a.client == b.client &&
         a.yours == b.yours && a.requested == b.requested && a.server == b.server &&
         a.mask == b.mask && a.router == b.router && a.lease_s == b.lease_s &&
         a.renew_s == b.renew_s && a.rebind_s == b.rebind_s;
}

/// What was read is written, and read again the same.
void run_codec(ByteView payload) {
  const auto message = parse_dhcp(payload);
  if (!message) {
    return;
  }
  std::uint8_t bytes[kDhcpMessageBytes];
  require(write_dhcp(*message, bytes) == sizeof(bytes));
  const auto again = parse_dhcp(bytes);
  require(again && same(*message, *again));
}

std::uint32_t take_u32(ByteReader &script) { return script.take_be<std::uint32_t>().value_or(0); }

/// Addresses that matter more often than chance would have them.
Ipv4Address take_address(ByteReader &script) {
  const std::uint8_t how = script.take_be<std::uint8_t>().value_or(0);
  switch (how % 4) {
  case 0:
    return {};
  case 1:
    return {0x0A4D0000U + how};
  case 2:
    return {0xE0000000U | how};
  default:
    return {take_u32(script)};
  }
}

DhcpMessage take_message(ByteReader &script) {
  DhcpMessage message;
  message.operation =
      static_cast<BootpOperation>(1 + script.take_be<std::uint8_t>().value_or(1) % 2);
  message.type = static_cast<DhcpType>(script.take_be<std::uint8_t>().value_or(0) % 9);
  message.client_mac = kMac;
  message.client_mac[5] = script.take_be<std::uint8_t>().value_or(1);
  for (Ipv4Address *address : {&message.client, &message.yours, &message.requested, &message.server,
                               &message.mask, &message.router}) {
    *address = take_address(script);
  }
  message.lease_s = take_u32(script);
  message.renew_s = take_u32(script);
  message.rebind_s = take_u32(script);
  return message;
}

/// The client with a clock, and what it said last.
struct Client {
  explicit Client(const StackConfig &config) : client(config) {}

  /// Sends what is due, and never in a tight loop.
  void poll() {
    for (int sent = 0; now >= client.next_deadline_ns(); ++sent) {
      require(sent < 8);
      std::uint8_t bytes[kDhcpMessageBytes];
      const std::size_t size = client.poll(now, bytes);
      require(size == 0 || size == sizeof(bytes));
      if (size != 0) {
        const auto message = parse_dhcp(ByteView(bytes, size));
        require(message && message->client_mac == kMac &&
                message->operation == BootpOperation::kRequest);
        transaction = message->transaction;
      }
    }
  }
  void hear(DhcpMessage message, bool knows_transaction) {
    message.transaction = knows_transaction ? transaction : message.lease_s;
    std::uint8_t bytes[kDhcpMessageBytes];
    require(write_dhcp(message, bytes) == sizeof(bytes));
    client.handle(bytes, now);
    check();
  }
  void check() const {
    const Ipv4Address address = client.config().address;
    require(!client.bound() || (!address.is_none() && !address.is_group()));
  }

  DhcpClient client;
  std::uint64_t now = 0;
  std::uint32_t transaction = 0;
};

void run_client(ByteReader script) {
  Client client({.mac = kMac, .random_seed = 5, .fixed = {}});
  client.poll();
  while (!script.empty()) {
    const std::uint8_t step = *script.take_be<std::uint8_t>();
    if (step % 4 == 0) {
      client.now += std::uint64_t{step} << (16 + step % 24);
    } else if (step % 4 == 1) {
      const auto raw = script.take(std::min<std::size_t>(script.remaining(), step * 2U));
      client.client.handle(*raw, client.now);
      client.check();
    } else {
      client.hear(take_message(script), step % 4 == 2);
    }
    client.poll();
  }
}

void run_server(ByteReader script) {
  const tender::Subnet subnet;
  tender::DhcpServer server(subnet, std::chrono::seconds(100));
  tender::Time now{};
  std::map<std::uint32_t, MacAddress> owners; // never taken away while there is room
  while (!script.empty()) {
    now += std::chrono::seconds(*script.take_be<std::uint8_t>());
    const DhcpMessage request = take_message(script);
    const auto answer = server.answer(request, now);
    if (!answer) {
      continue;
    }
    require(answer->operation == BootpOperation::kReply && answer->server == subnet.gateway &&
            answer->client_mac == request.client_mac);
    if (answer->type == DhcpType::kNak) {
      continue;
    }
    require(subnet.contains(answer->yours) && answer->yours != subnet.gateway &&
            answer->yours.bits != (subnet.network.bits | ~subnet.mask.bits));
    require(owners.emplace(answer->yours.bits, request.client_mac).first->second ==
            request.client_mac);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size < 1 || size > 4096) {
    return 0;
  }
  const ByteView rest(data + 1, size - 1);
  switch (data[0] % 3) {
  case 0:
    run_codec(rest);
    break;
  case 1:
    run_client(ByteReader(rest));
    break;
  default:
    run_server(ByteReader(rest));
  }
  return 0;
}
