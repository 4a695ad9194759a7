// SPDX-License-Identifier: Apache-2.0
// The switch's memory without its sockets: stations that invent addresses, ports that come and go,
// a wire that delays, doubles and cuts. Nothing may grow without bounds, or deliver to the wrong
// one.
#include "tender/switch/impaired_wire.hpp"
#include "tender/switch/port_table.hpp"

#include <cstdlib>
#include <set>

namespace {

using namespace tinyml;
using namespace tinyml::tender;

constexpr std::size_t kMostPorts = 5;
constexpr ImpairedWire::Limits kHeld{.frames = 16, .bytes = 4096};

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

std::uint8_t take(ByteReader &script) { return script.take_be<std::uint8_t>().value_or(0); }

net::MacAddress take_mac(ByteReader &script) { return {2, 0, 0, 0, 0, take(script)}; }

PeerPort take_peer(ByteReader &script) { return static_cast<PeerPort>(1 + take(script) % 12); }

double take_probability(ByteReader &script) { return take(script) / 255.0; }

void check_table(PortTable &table) {
  require(table.ports().size() <= kMostPorts);
  std::set<PortId> ids;
  for (const auto &[peer, port] : table.ports()) {
    require(port.peer == peer && port.macs.size() <= PortTable::kMacsPerPort);
    require(ids.insert(port.id).second);
  }
}

void run_table(ByteReader &script) {
  PortTable table(kMostPorts);
  Time now{};
  while (!script.empty()) {
    const std::uint8_t step = take(script);
    now += std::chrono::milliseconds(step);
    if (step % 4 == 0) {
      table.remove(take_peer(script));
    } else {
      const PeerPort peer = take_peer(script);
      const net::MacAddress mac = take_mac(script);
      table.learn(table.seen(peer, now), mac);
      const PortInfo *found = table.find(mac);
      require(found != nullptr && found->peer == peer);
    }
    check_table(table);
  }
}

Impairments take_impairments(ByteReader &script) {
  Impairments bad{.loss = take_probability(script),
                  .duplicate = take_probability(script),
                  .reorder = take_probability(script),
                  .delay = std::chrono::microseconds(take(script) * 700),
                  .jitter = std::chrono::microseconds(take(script) * 900),
                  .bits_per_second = std::uint64_t{take(script)} << (take(script) % 32),
                  .islands = {}};
  for (int islands = take(script) % 3; islands > 0; --islands) {
    bad.islands.push_back({take_mac(script), take_mac(script)});
  }
  return bad;
}

/// Everything that is due, in the order of its time.
void deliver(ImpairedWire &wire, Time now) {
  std::size_t frames = 0;
  while (const auto frame = wire.due(now)) {
    require(!frame->bytes.empty() && ++frames <= kHeld.frames);
  }
  require(!wire.next_due() || *wire.next_due() > now);
}

void run_wire(ByteReader &script) {
  ImpairedWire wire(take(script), kHeld);
  Time now{};
  while (!script.empty()) {
    const std::uint8_t step = take(script);
    now += std::chrono::microseconds(step * 50);
    if (step % 8 == 0) {
      const Impairments impairments = take_impairments(script);
      if (impairments.check().ok()) {
        wire.set(impairments);
      }
    } else if (step % 8 == 1) {
      const net::MacAddress from[] = {take_mac(script)};
      const net::MacAddress to[] = {take_mac(script)};
      require(wire.joins(from, to) == wire.joins(to, from));
    } else {
      const std::vector<std::uint8_t> bytes(1 + take(script) * 6U, step);
      require(wire.take({.from = take_peer(script), .to = take_peer(script), .frame = bytes},
                        now) <= 2);
    }
    require(wire.held_frames() <= kHeld.frames);
    deliver(wire, now);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size < 1 || size > 4096) {
    return 0;
  }
  ByteReader script(ByteView(data + 1, size - 1));
  data[0] % 2 == 0 ? run_table(script) : run_wire(script);
  return 0;
}
