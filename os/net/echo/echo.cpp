// SPDX-License-Identifier: Apache-2.0
#include "os/net/network.hpp"
#include "os/net/tell_address.hpp"
#include "os/program.hpp"

#include <algorithm>
#include <new>

namespace {

using namespace tinyml;

constexpr std::uint16_t kEchoPort = 7; // RFC 862

std::uint32_t random_seed() {
  std::uint8_t bytes[4] = {};
  (void)hal::entropy(bytes);
  return load_le<std::uint32_t>(bytes);
}

net::StackConfig configuration() {
  net::StackConfig config;
  std::copy_n(hal::boot_info().mac, config.mac.size(), config.mac.begin());
  config.random_seed = random_seed();
  return config;
}

alignas(net::BoardNetwork) std::uint8_t network_memory[sizeof(net::BoardNetwork)];

} // namespace

extern "C" int tinyml_program() {
  auto &network = *new (network_memory) net::BoardNetwork(configuration());
  bool was_ready = false;
  for (;;) {
    const std::uint64_t now = hal::monotonic_ns();
    while (const auto datagram = network.receive(now)) {
      if (datagram->local_port == kEchoPort || datagram->local_port == 0) {
        (void)network.send(datagram->peer, kEchoPort, datagram->payload, now);
      }
    }
    network.poll(now);
    if (network.ready() && !was_ready) {
      net::tell_address(network.address());
    }
    was_ready = network.ready();
    hal::wait_until(network.next_deadline_ns());
  }
}
