// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// What the conformance program and the test on its network say to each other, below any network
/// stack. A message's first byte is a command. It follows
///   on Ethernet    a header with kEtherType,
///   on SLIP        an IPv4 header (20 bytes) with kIpProtocol,
///   on datagrams   the hal::DatagramHeader.
namespace tinyml::conformance {

inline constexpr std::uint16_t kEtherType = 0x88B5; ///< IEEE 802: local experiments
inline constexpr std::uint8_t kIpProtocol = 253;    ///< RFC 3692: experiments

/// Board to all, until it hears the hello: a switch learns its stations from what they send.
inline constexpr std::uint8_t kHere = 'A';
inline constexpr std::uint8_t kHello = 'H';  ///< peer to board, until something comes back
inline constexpr std::uint8_t kEcho = 'E';   ///< board to peer: send the message back as kEchoed
inline constexpr std::uint8_t kEchoed = 'e'; ///< peer to board
/// Board to peer: second byte = how many kBurstPart to send at once.
inline constexpr std::uint8_t kBurst = 'B';
inline constexpr std::uint8_t kBurstPart = 'b'; ///< peer to board: second byte counts from 0
inline constexpr std::uint8_t kFloodPart = 'F'; ///< board to peer: second byte counts from 0
/// Board to peer: how many kFloodPart came, in order? Starts to count anew.
inline constexpr std::uint8_t kCount = 'C';
inline constexpr std::uint8_t kCounted = 'c'; ///< peer to board: the second byte says

/// A message is at least this long: the shortest Ethernet payload.
inline constexpr std::uint32_t kMinMessageBytes = 46;
inline constexpr std::uint32_t kBurstMessageBytes = 512;

} // namespace tinyml::conformance
