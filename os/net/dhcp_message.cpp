// SPDX-License-Identifier: Apache-2.0
#include "os/net/dhcp_message.hpp"

#include "os/net/wire.hpp"

#include <cstddef>
#include <cstring>

namespace tinyml::net {
namespace {

/// The first word is the operation, hardware type Ethernet, its address length, and hops.
constexpr std::uint32_t kEthernet = 0x0106;
constexpr std::uint32_t kMagicCookie = 0x63825363;
constexpr int kBroadcastBit = 7; ///< in the first byte of the flags

// Offsets of the fixed part (RFC 2131 figure 1).
constexpr std::size_t kTransaction = 4;
constexpr std::size_t kFlags = 10;
constexpr std::size_t kClientAddress = 12;
constexpr std::size_t kYourAddress = 16;
constexpr std::size_t kClientMac = 28;
constexpr std::size_t kCookie = 236;
constexpr std::size_t kOptions = 240;

enum Option : std::uint8_t { // RFC 2132
  kPad = 0,
  kMask = 1,
  kRouter = 3,
  kRequested = 50,
  kLease = 51,
  kType = 53,
  kServer = 54,
  kParameters = 55,
  kRenew = 58,
  kRebind = 59,
  kEnd = 255,
};

/// The options that are one four-byte word, and where DhcpMessage keeps it.
struct WordOption {
  std::uint8_t option;
  std::uint8_t offset;
};
constexpr WordOption kWords[] = {
    {kMask, offsetof(DhcpMessage, mask)},           {kRouter, offsetof(DhcpMessage, router)},
    {kRequested, offsetof(DhcpMessage, requested)}, {kLease, offsetof(DhcpMessage, lease_s)},
    {kServer, offsetof(DhcpMessage, server)},       {kRenew, offsetof(DhcpMessage, renew_s)},
    {kRebind, offsetof(DhcpMessage, rebind_s)},
};

void read_option(DhcpMessage &message, const std::uint8_t *option) {
  if (option[0] == kType) {
    message.type = static_cast<DhcpType>(option[2]);
  }
  for (const WordOption &word : kWords) {
    if (option[0] == word.option && option[1] >= 4) {
      const std::uint32_t number = get_be32(option + 2);
      std::memcpy(reinterpret_cast<std::uint8_t *>(&message) + word.offset, &number, 4);
    }
  }
}

/// Options are type, length, value. False when one claims to reach beyond the message.
bool read_options(DhcpMessage &message, const std::uint8_t *at, const std::uint8_t *end) {
  while (at != end && *at != kEnd) {
    if (*at == kPad) {
      ++at;
      continue;
    }
    const std::ptrdiff_t left = end - at;
    if (left < 3 || left < 2 + at[1]) {
      return false;
    }
    read_option(message, at);
    at += 2 + at[1];
  }
  return true;
}

void write_options(std::uint8_t *at, const DhcpMessage &message) {
  *at++ = kType;
  *at++ = 1;
  *at++ = static_cast<std::uint8_t>(message.type);
  for (const WordOption &word : kWords) {
    std::uint32_t number = 0;
    std::memcpy(&number, reinterpret_cast<const std::uint8_t *>(&message) + word.offset, 4);
    if (number != 0) {
      *at++ = word.option;
      *at++ = 4;
      put_be32(at, number);
      at += 4;
    }
  }
  if (message.operation == BootpOperation::kRequest) {
    constexpr std::uint8_t kWanted[] = {kParameters, 5, kMask, kRouter, kLease, kRenew, kRebind};
    std::memcpy(at, kWanted, sizeof kWanted);
    at += sizeof kWanted;
  }
  *at = kEnd;
}

} // namespace

bool read_dhcp(ByteView payload, DhcpMessage &message) {
  const std::uint8_t *at = payload.data();
  if (payload.size() < kOptions || get_be16(at + 1) != kEthernet ||
      get_be32(at + kCookie) != kMagicCookie) {
    return false;
  }
  message.operation = static_cast<BootpOperation>(at[0]);
  message.transaction = get_be32(at + kTransaction);
  message.broadcast = at[kFlags] >> kBroadcastBit != 0;
  message.client = get_address(at + kClientAddress);
  message.yours = get_address(at + kYourAddress);
  message.client_mac = get_mac(at + kClientMac);
  return read_options(message, at + kOptions, at + payload.size());
}

std::size_t write_dhcp(const DhcpMessage &message, ByteSpan to) {
  if (to.size() < kDhcpMessageBytes) {
    return 0;
  }
  std::uint8_t *at = to.data();
  std::memset(at, 0, kDhcpMessageBytes);
  put_be32(at, (static_cast<std::uint32_t>(message.operation) << 24) | (kEthernet << 8));
  put_be32(at + kTransaction, message.transaction);
  at[kFlags] = static_cast<std::uint8_t>(message.broadcast << kBroadcastBit);
  put_address(at + kClientAddress, message.client);
  put_address(at + kYourAddress, message.yours);
  put_mac(at + kClientMac, message.client_mac);
  put_be32(at + kCookie, kMagicCookie);
  write_options(at + kOptions, message);
  return kDhcpMessageBytes;
}

} // namespace tinyml::net
