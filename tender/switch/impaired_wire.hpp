// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "tender/switch/impairments.hpp"
#include "tender/switch/port_table.hpp"

#include <map>
#include <optional>
#include <random>
#include <span>
#include <unordered_map>
#include <vector>

namespace tinyml::tender {

/// One frame on its way from one port to another; peer 0 is the gateway.
struct FrameHop {
  PeerPort from = 0;
  PeerPort to = 0;
  ByteView frame;
};

/// Carries out Impairments, without sockets and with the clock passed in. Memory is bounded: what
/// does not fit into the queue of delayed frames is lost, as in a router.
class ImpairedWire {
public:
  struct Limits {
    std::size_t frames = 1 << 16;
    std::size_t bytes = 32 << 20;
  };
  struct HeldFrame {
    PeerPort from = 0;
    PeerPort to = 0;
    std::vector<std::uint8_t> bytes;
  };

  explicit ImpairedWire(std::uint64_t seed, Limits limits) : limits_(limits), random_(seed) {}

  /// Frames that are held already keep their times.
  void set(Impairments impairments);
  [[nodiscard]] const Impairments &get() const { return impairments_; }

  /// How many copies of the frame arrive at once; others are kept until they are due.
  [[nodiscard]] unsigned take(const FrameHop &hop, Time now);
  /// The next kept frame whose time has come.
  [[nodiscard]] std::optional<HeldFrame> due(Time now);
  [[nodiscard]] std::optional<Time> next_due() const;

  /// False when the two ports' stations are on different islands; counted.
  [[nodiscard]] bool joins(std::span<const net::MacAddress> from,
                           std::span<const net::MacAddress> to);

  [[nodiscard]] const ImpairmentStats &stats() const { return stats_; }
  [[nodiscard]] std::size_t held_frames() const { return held_.size(); }

private:
  [[nodiscard]] bool happens(double probability);
  [[nodiscard]] Time arrival(const FrameHop &hop, Time now);
  [[nodiscard]] std::chrono::nanoseconds wire_time(const FrameHop &hop, Time now);
  void hold(const FrameHop &hop, Time due);
  [[nodiscard]] std::size_t island_of(std::span<const net::MacAddress> stations) const;

  Limits limits_;
  std::mt19937_64 random_;
  Impairments impairments_;
  std::map<net::MacAddress, std::size_t> island_numbers_; ///< from 1; absent: the mainland
  std::unordered_map<PeerPort, Time> busy_until_;         ///< where a rate is set
  std::multimap<Time, HeldFrame> held_;                   ///< equal times keep their order
  std::size_t held_bytes_ = 0;
  ImpairmentStats stats_;
};

} // namespace tinyml::tender
