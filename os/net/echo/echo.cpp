// SPDX-License-Identifier: Apache-2.0
#include "os/net/network.hpp"
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

void announce(net::Ipv4Address address) {
  char text[] = "address ...............\r\n";
  char *at = text + 8;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const unsigned octet = (address.bits >> shift) & 0xFF;
    if (octet >= 100) {
      *at++ = static_cast<char>('0' + octet / 100);
    }
    if (octet >= 10) {
      *at++ = static_cast<char>('0' + octet / 10 % 10);
    }
    *at++ = static_cast<char>('0' + octet % 10);
    *at++ = shift == 0 ? '\r' : '.';
  }
  *at++ = '\n';
  hal::console_write({text, static_cast<std::size_t>(at - text)});
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
      announce(network.address());
    }
    was_ready = network.ready();
    hal::wait_until(network.next_deadline_ns());
  }
}
