// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/net/address.hpp"

#include <cstdint>
#include <limits>

namespace tinyml::net {

/// One received UDP datagram. `payload` points into the frame buffer: it is valid until the next
/// call to the stack, so build the answer elsewhere (or copy what you still need).
struct Datagram {
  Endpoint peer;
  std::uint16_t local_port = 0; ///< the port it was sent to; 0 on hosted boards, which have one
  ByteView payload;
};

enum class SendStatus : std::uint8_t {
  kSent,      ///< on its way, or waiting shortly for the peer's link address
  kNoAddress, ///< we have no IP address yet
  kNoRoute,   ///< the peer is not on our network and there is no gateway
  kTooLarge,  ///< more than payload_room(): there is no fragmentation
  kBusy,      ///< poll() has not handed out the previous frame yet
  kLinkDown,  ///< the driver refused the frame
};

/// What was thrown away, and why. The counters wrap.
struct Counters {
  std::uint16_t malformed = 0;    ///< truncated, impossible lengths, wrong version
  std::uint16_t bad_checksum = 0; ///< IPv4, ICMP or UDP
  std::uint16_t fragments = 0;    ///< IPv4 fragments: not reassembled
  std::uint16_t foreign = 0;      ///< well-formed, but not for us or of no use to us
  std::uint16_t unresolved =
      0; ///< datagrams whose peer did not answer ARP, or that a newer one replaced
};

inline constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint64_t kNanosPerMilli = 1'000'000;
inline constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;

} // namespace tinyml::net
