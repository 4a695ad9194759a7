// SPDX-License-Identifier: Apache-2.0
// Host only: for tests.
// For tests: two endpoints joined by a network that loses, repeats and reorders datagrams, with
// virtual time and a seed.
#pragma once

#include "protocol/coap/endpoint.hpp"

#include <map>
#include <random>
#include <vector>

namespace tinyml::coap::testing {

using Bytes = std::vector<std::uint8_t>;

inline constexpr PeerId kClientPeer{0x0A4D00020001};
inline constexpr PeerId kServerPeer{0x0A4D00011633};

struct Weather {
  unsigned loss_percent = 0;
  unsigned duplicate_percent = 0;
  Millis max_delay_ms = 20;
};

class LossyNetwork {
public:
  struct Flying {
    PeerId from;
    PeerId to;
    Bytes bytes;
  };

  LossyNetwork(const Weather &weather, std::uint32_t seed) : weather_(weather), random_(seed) {}

  void put(PeerId from, PeerId to, ByteView bytes, Millis now_ms) {
    ++sent_;
    const unsigned copies = chance(weather_.duplicate_percent) ? 2 : 1;
    for (unsigned i = 0; i < copies; ++i) {
      if (!chance(weather_.loss_percent)) {
        flying_.emplace(now_ms + 1 + random_() % weather_.max_delay_ms,
                        Flying{from, to, Bytes(bytes.begin(), bytes.end())});
      }
    }
  }
  [[nodiscard]] Millis next_arrival() const {
    return flying_.empty() ? kNever : flying_.begin()->first;
  }
  Flying take() {
    Flying first = std::move(flying_.begin()->second);
    flying_.erase(flying_.begin());
    return first;
  }
  void lose_all() { flying_.clear(); }
  [[nodiscard]] std::size_t sent() const { return sent_; }
  [[nodiscard]] std::mt19937 &random() { return random_; }

private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }

  Weather weather_;
  std::mt19937 random_;
  std::multimap<Millis, Flying> flying_;
  std::size_t sent_ = 0;
};

/// Runs a client and a server program against each other. A program has an `endpoint`, takes
/// handle(event, now) for every event but kSend, and has next_ms() and wake(now) for its own timer.
template <typename Client, typename Server> class Simulation {
public:
  Simulation(Client &client, Server &server, const Weather &weather, std::uint32_t seed)
      : client_(client), server_(server), network_(weather, seed) {}

  /// Until the client says it is done, or nothing can happen any more, or the time is over.
  bool run(Millis until_ms) {
    while (!client_.done()) {
      drain(client_, kClientPeer, kServerPeer);
      drain(server_, kServerPeer, kClientPeer);
      if (client_.done()) {
        break;
      }
      const Millis next =
          std::min({client_.endpoint.next_deadline(), client_.next_ms(),
                    server_.endpoint.next_deadline(), server_.next_ms(), network_.next_arrival()});
      if (next > until_ms) {
        return false;
      }
      now_ms_ = std::max(now_ms_, next);
      deliver();
      client_.wake(now_ms_);
      drain(client_, kClientPeer, kServerPeer);
      server_.wake(now_ms_);
    }
    return true;
  }

  [[nodiscard]] Millis now_ms() const { return now_ms_; }
  [[nodiscard]] LossyNetwork &network() { return network_; }

private:
  void deliver() {
    while (network_.next_arrival() <= now_ms_) {
      const auto flying = network_.take();
      if (flying.to == kServerPeer) {
        receive(server_, flying, kClientPeer);
      } else {
        receive(client_, flying, kServerPeer);
      }
    }
  }
  template <typename Program>
  void receive(Program &program, const LossyNetwork::Flying &flying, PeerId other) {
    const Event event = program.endpoint.receive(flying.from, flying.bytes, now_ms_);
    if (event) {
      program.handle(event, now_ms_);
    }
    drain(program, flying.to, other);
  }
  template <typename Program> void drain(Program &program, PeerId self, PeerId other) {
    while (const Event event = program.endpoint.poll(now_ms_)) {
      if (event.kind == EventKind::kSend) {
        network_.put(self, other, event.datagram, now_ms_);
      } else {
        program.handle(event, now_ms_);
      }
    }
  }

  Client &client_;
  Server &server_;
  LossyNetwork network_;
  Millis now_ms_ = 0;
};

} // namespace tinyml::coap::testing
