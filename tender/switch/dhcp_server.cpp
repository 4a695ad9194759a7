// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/dhcp_server.hpp"

#include "base/crc32.hpp"

namespace tinyml::tender {

using net::DhcpMessage;
using net::DhcpType;
using net::Ipv4Address;
using net::MacAddress;

std::optional<DhcpMessage> DhcpServer::answer(const DhcpMessage &request, Time now) {
  const bool asks = request.type == DhcpType::kDiscover || request.type == DhcpType::kRequest;
  const bool other_server = !request.server.is_none() && request.server != subnet_.gateway;
  if (request.operation != net::BootpOperation::kRequest || !asks || other_server) {
    return std::nullopt;
  }
  const Ipv4Address wanted = request.client.is_none() ? request.requested : request.client;
  const auto address = assign(request.client_mac, wanted, now);
  if (!address) {
    return std::nullopt;
  }
  DhcpMessage answer;
  answer.operation = net::BootpOperation::kReply;
  answer.transaction = request.transaction;
  answer.client_mac = request.client_mac;
  answer.broadcast = request.broadcast;
  answer.server = subnet_.gateway;
  if (request.type == DhcpType::kRequest && wanted != *address) {
    answer.type = DhcpType::kNak;
    answer.broadcast = true;
    return answer;
  }
  answer.type = request.type == DhcpType::kDiscover ? DhcpType::kOffer : DhcpType::kAck;
  answer.yours = *address;
  answer.mask = subnet_.mask;
  answer.router = subnet_.gateway;
  answer.lease_s = static_cast<std::uint32_t>(lease_.count());
  return answer;
}

std::optional<Ipv4Address> DhcpServer::assign(const MacAddress &mac, Ipv4Address wanted, Time now) {
  auto found = leases_.find(mac);
  if (found == leases_.end()) {
    if (leases_.size() >= kMaxLeases) {
      forget_expired(now);
    }
    const auto address = free_address(mac, wanted);
    if (!address || leases_.size() >= kMaxLeases) {
      return std::nullopt;
    }
    found = leases_.emplace(mac, Lease{*address, now}).first;
    owners_.emplace(address->bits, mac);
  }
  found->second.expiry = now + lease_;
  return found->second.address;
}

std::optional<Ipv4Address> DhcpServer::address_of(const MacAddress &mac) const {
  const auto found = leases_.find(mac);
  return found == leases_.end() ? std::nullopt : std::optional(found->second.address);
}

bool DhcpServer::can_give(Ipv4Address address) const {
  const std::uint32_t host = address.bits & ~subnet_.mask.bits;
  // Addresses that end in 0 or 255 are legal here, but people take them for broadcasts.
  const std::uint32_t last = address.bits & 0xFF;
  return subnet_.contains(address) && host >= kFirstHost && last != 0 && last != 0xFF &&
         address != subnet_.gateway && !owners_.contains(address.bits);
}

std::optional<Ipv4Address> DhcpServer::free_address(const MacAddress &mac,
                                                    Ipv4Address wanted) const {
  if (can_give(wanted)) {
    return wanted;
  }
  const std::uint32_t hosts = ~subnet_.mask.bits;
  std::uint32_t host = crc32(mac) & hosts;
  for (std::uint32_t i = 0; i <= hosts; ++i) {
    const Ipv4Address candidate{subnet_.network.bits | host};
    if (can_give(candidate)) {
      return candidate;
    }
    host = (host + 1) & hosts;
  }
  return std::nullopt;
}

void DhcpServer::forget_expired(Time now) {
  std::erase_if(leases_, [&](const auto &entry) {
    const bool expired = entry.second.expiry < now;
    if (expired) {
      owners_.erase(entry.second.address.bits);
    }
    return expired;
  });
}

} // namespace tinyml::tender
