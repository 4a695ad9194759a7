// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/net/address.hpp"
#include "os/net/datagram.hpp"

#include <array>

namespace tinyml::net {

/// Who has which link address: a few entries, the stalest is replaced first. A device talks to its
/// gateway and perhaps to two or three neighbours.
class ArpCache {
public:
  static constexpr std::size_t kEntries = 4;
  static constexpr std::uint64_t kLifetimeNs = 300 * kNanosPerSecond;

  /// The address of `station`, or nullptr when unknown or too old at `now_ns`.
  [[nodiscard]] const MacAddress *find(Ipv4Address station, std::uint64_t now_ns) const;
  void learn(Ipv4Address station, const MacAddress &mac, std::uint64_t now_ns);
  void clear();

private:
  struct Entry {
    std::uint64_t expires_ns = 0; ///< 0: free
    Ipv4Address station;
    MacAddress mac{};
  };
  std::array<Entry, kEntries> entries_{};
};

} // namespace tinyml::net
