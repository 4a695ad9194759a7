// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/port_table.hpp"

#include <algorithm>

namespace tinyml::tender {

std::uint64_t PortTable::key_of(const net::MacAddress &mac) {
  std::uint64_t key = 0;
  for (const std::uint8_t octet : mac) {
    key = (key << 8) | octet;
  }
  return key;
}

PortInfo &PortTable::seen(PeerPort peer, Time now) {
  auto found = ports_.find(peer);
  if (found == ports_.end()) {
    if (ports_.size() >= max_ports_) {
      remove_most_silent();
    }
    found = ports_.emplace(peer, PortInfo{.id = ++last_id_, .peer = peer, .last_seen = now}).first;
  }
  found->second.last_seen = now;
  ++found->second.frames_in;
  return found->second;
}

void PortTable::learn(PortInfo &port, const net::MacAddress &mac) {
  const auto [entry, is_new] = by_mac_.try_emplace(key_of(mac), port.peer);
  if (!is_new && entry->second == port.peer) {
    return;
  }
  if (!is_new) { // it moved
    if (const auto before = ports_.find(entry->second); before != ports_.end()) {
      std::erase(before->second.macs, mac);
    }
    entry->second = port.peer;
  }
  port.macs.push_back(mac);
  if (port.macs.size() > kMacsPerPort) {
    by_mac_.erase(key_of(port.macs.front()));
    port.macs.erase(port.macs.begin());
  }
}

PortInfo *PortTable::find(const net::MacAddress &mac) {
  const auto found = by_mac_.find(key_of(mac));
  if (found == by_mac_.end()) {
    return nullptr;
  }
  const auto port = ports_.find(found->second);
  return port == ports_.end() ? nullptr : &port->second;
}

void PortTable::remove(PeerPort peer) {
  const auto found = ports_.find(peer);
  if (found == ports_.end()) {
    return;
  }
  for (const auto &mac : found->second.macs) {
    by_mac_.erase(key_of(mac));
  }
  ports_.erase(found);
}

void PortTable::remove_most_silent() {
  const auto oldest =
      std::min_element(ports_.begin(), ports_.end(), [](const auto &a, const auto &b) {
        return a.second.last_seen < b.second.last_seen;
      });
  if (oldest != ports_.end()) {
    remove(oldest->first);
  }
}

} // namespace tinyml::tender
