// SPDX-License-Identifier: Apache-2.0
#include "os/net/arp_cache.hpp"

namespace tinyml::net {

const MacAddress *ArpCache::find(Ipv4Address station, std::uint64_t now_ns) const {
  for (const Entry &entry : entries_) {
    if (entry.station == station && entry.expires_ns > now_ns) {
      return &entry.mac;
    }
  }
  return nullptr;
}

void ArpCache::learn(Ipv4Address station, const MacAddress &mac, std::uint64_t now_ns) {
  Entry *place = &entries_[0];
  for (Entry &entry : entries_) {
    if (entry.station == station) {
      place = &entry;
      break;
    }
    if (entry.expires_ns < place->expires_ns) {
      place = &entry;
    }
  }
  *place = {now_ns + kLifetimeNs, station, mac};
}

void ArpCache::clear() { entries_ = {}; }

} // namespace tinyml::net
