// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// What the conformance program and the test on its network say to each other. A message's first
/// byte is a command; on Ethernet it follows a header with kEtherType, on datagram links the
/// DatagramHeader.
namespace tinyml::conformance {

inline constexpr std::uint16_t kEtherType = 0x88B5; ///< IEEE 802: local experiments

inline constexpr std::uint8_t kHere = 'A';   ///< board to all, until it hears the hello: a switch
                                             ///< learns its stations from what they send
inline constexpr std::uint8_t kHello = 'H';  ///< peer to board, until something comes back
inline constexpr std::uint8_t kEcho = 'E';   ///< board to peer: send the message back as kEchoed
inline constexpr std::uint8_t kEchoed = 'e'; ///< peer to board
inline constexpr std::uint8_t kBurst =
    'B'; ///< board to peer: second byte = how many kBurstPart to send at once
inline constexpr std::uint8_t kBurstPart = 'b'; ///< peer to board: second byte counts from 0

/// A message is at least this long: the shortest Ethernet payload.
inline constexpr std::uint32_t kMinMessageBytes = 46;
inline constexpr std::uint32_t kBurstMessageBytes = 512;

} // namespace tinyml::conformance
