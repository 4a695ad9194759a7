// SPDX-License-Identifier: Apache-2.0
#include "os/net/dhcp_message.hpp"

#include "os/net/wire.hpp"

#include <cstring>

namespace tinyml::net {
namespace {

constexpr std::uint8_t kHardwareEthernet = 1;
constexpr std::uint32_t kMagicCookie = 0x63825363;
constexpr std::uint32_t kBroadcastFlag = 0x8000;

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

/// The field of `message` that a four-byte option stands for, nullptr for options we skip.
std::uint32_t *word_of(DhcpMessage &message, std::uint8_t option) {
  switch (option) {
  case kMask:
    return &message.mask.bits;
  case kRouter:
    return &message.router.bits;
  case kRequested:
    return &message.requested.bits;
  case kLease:
    return &message.lease_s;
  case kServer:
    return &message.server.bits;
  case kRenew:
    return &message.renew_s;
  case kRebind:
    return &message.rebind_s;
  default:
    return nullptr;
  }
}

void read_option(DhcpMessage &message, std::uint8_t option, ByteView value) {
  if (option == kType && value.size() == 1) {
    message.type = static_cast<DhcpType>(value[0]);
  }
  std::uint32_t *word = word_of(message, option);
  if (word != nullptr && value.size() >= 4) {
    *word = get_be32(value.data());
  }
}

/// False when an option claims to reach beyond the message.
bool read_options(DhcpMessage &message, ByteView options) {
  std::size_t i = 0;
  while (i < options.size() && options[i] != kEnd) {
    if (options[i] == kPad) {
      ++i;
      continue;
    }
    if (options.size() - i < 2 || options.size() - i - 2 < options[i + 1]) {
      return false;
    }
    read_option(message, options[i], options.subspan(i + 2, options[i + 1]));
    i += 2U + options[i + 1];
  }
  return true;
}

void write_options(std::uint8_t *at, DhcpMessage message) {
  *at++ = kType;
  *at++ = 1;
  *at++ = static_cast<std::uint8_t>(message.type);
  constexpr std::uint8_t kWords[] = {kMask, kRouter, kRequested, kLease, kServer, kRenew, kRebind};
  for (const std::uint8_t option : kWords) {
    const std::uint32_t word = *word_of(message, option);
    if (word != 0) {
      *at++ = option;
      *at++ = 4;
      put_be32(at, word);
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

std::optional<DhcpMessage> parse_dhcp(ByteView payload) {
  const std::uint8_t *at = payload.data();
  if (payload.size() < kOptions || at[1] != kHardwareEthernet || at[2] != MacAddress{}.size() ||
      get_be32(at + kCookie) != kMagicCookie) {
    return std::nullopt;
  }
  DhcpMessage message;
  message.operation = static_cast<BootpOperation>(at[0]);
  message.transaction = get_be32(at + kTransaction);
  message.broadcast = (get_be16(at + kFlags) & kBroadcastFlag) != 0;
  message.client = get_address(at + kClientAddress);
  message.yours = get_address(at + kYourAddress);
  message.client_mac = get_mac(at + kClientMac);
  if (!read_options(message, payload.subspan(kOptions))) {
    return std::nullopt;
  }
  return message;
}

std::size_t write_dhcp(const DhcpMessage &message, ByteSpan to) {
  if (to.size() < kDhcpMessageBytes) {
    return 0;
  }
  std::uint8_t *at = to.data();
  std::memset(at, 0, kDhcpMessageBytes);
  at[0] = static_cast<std::uint8_t>(message.operation);
  at[1] = kHardwareEthernet;
  at[2] = MacAddress{}.size();
  put_be32(at + kTransaction, message.transaction);
  put_be16(at + kFlags, message.broadcast ? kBroadcastFlag : 0);
  put_address(at + kClientAddress, message.client);
  put_address(at + kYourAddress, message.yours);
  put_mac(at + kClientMac, message.client_mac);
  put_be32(at + kCookie, kMagicCookie);
  write_options(at + kOptions, message);
  return kDhcpMessageBytes;
}

} // namespace tinyml::net
