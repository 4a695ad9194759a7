// SPDX-License-Identifier: Apache-2.0
// One packet for the IPv4 layer, judged a second time by a plain reading of RFC 791, 768 and 792:
// both must come to the same. The first byte says whether checksums are corrected before.
#include "os/net/ip_layer.hpp"

#include <cstdlib>
#include <vector>

namespace {

using namespace tinyml;
using namespace tinyml::net;
using Bytes = std::vector<std::uint8_t>;

constexpr Ipv4Address kOwn = Ipv4Address::of(10, 77, 0, 2);

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

unsigned u16(const Bytes &bytes, std::size_t at) { return bytes[at] * 256U + bytes[at + 1]; }
std::uint32_t u32(const Bytes &bytes, std::size_t at) {
  return (u16(bytes, at) << 16) | u16(bytes, at + 2);
}

/// The ones' complement sum, odd lengths padded with zero.
unsigned sum(const Bytes &bytes, std::size_t from, std::size_t to, unsigned start = 0) {
  for (std::size_t i = from; i < to; ++i) {
    start += (i - from) % 2 == 0 ? bytes[i] * 256U : bytes[i];
  }
  while (start > 0xFFFF) {
    start = (start & 0xFFFF) + (start >> 16);
  }
  return start;
}

/// Where things are in a packet whose lengths make sense.
struct Parts {
  std::size_t header = 0; ///< 0: they make none
  std::size_t total = 0;
};

Parts parts_of(const Bytes &packet) {
  if (packet.size() < 20 || packet[0] / 16 != 4) {
    return {};
  }
  const std::size_t header = (packet[0] % 16) * 4U;
  const std::size_t total = u16(packet, 2);
  return header < 20 || total < header || total > packet.size() ? Parts{} : Parts{header, total};
}

std::size_t udp_bytes(const Bytes &packet, const Parts &parts) {
  const std::size_t room = parts.total - parts.header;
  const std::size_t told = room < 8 ? 0 : u16(packet, parts.header + 4);
  return told < 8 || told > room ? 0 : told;
}

unsigned udp_sum(const Bytes &packet, const Parts &parts, std::size_t size) {
  const unsigned pseudo = sum(packet, 12, 20) + 17 + static_cast<unsigned>(size);
  return sum(packet, parts.header, parts.header + size, pseudo);
}

void put(Bytes &bytes, std::size_t at, unsigned value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

void correct_sums(Bytes &packet) {
  const Parts parts = parts_of(packet);
  if (parts.header == 0) {
    return;
  }
  put(packet, 10, 0);
  put(packet, 10, 0xFFFF ^ sum(packet, 0, parts.header));
  const std::size_t udp = packet[9] == 17 ? udp_bytes(packet, parts) : 0;
  if (udp != 0) {
    put(packet, parts.header + 6, 0);
    put(packet, parts.header + 6, 0xFFFF ^ udp_sum(packet, parts, udp));
  } else if (packet[9] == 1 && parts.total - parts.header >= 8) {
    put(packet, parts.header + 2, 0);
    put(packet, parts.header + 2, 0xFFFF ^ sum(packet, parts.header, parts.total));
  }
}

enum class Verdict { kNothing, kDatagram, kEcho };

Verdict judge(const Bytes &packet) {
  const Parts parts = parts_of(packet);
  const bool whole =
      parts.header != 0 && sum(packet, 0, parts.header) == 0xFFFF && u16(packet, 6) % 0x4000 == 0;
  if (!whole) {
    return Verdict::kNothing;
  }
  const std::uint32_t from = u32(packet, 12);
  const bool to_us =
      u32(packet, 16) == kOwn.bits && from != kOwn.bits && from != 0 && from < 0xE0000000U;
  if (packet[9] == 17) {
    const std::size_t size = udp_bytes(packet, parts);
    const bool good =
        size != 0 && (u16(packet, parts.header + 6) == 0 || udp_sum(packet, parts, size) == 0xFFFF);
    return good && (to_us || u16(packet, parts.header + 2) == 68) ? Verdict::kDatagram
                                                                  : Verdict::kNothing;
  }
  const bool asks = packet[9] == 1 && to_us && parts.total - parts.header >= 8 &&
                    u16(packet, parts.header) == 0x0800 &&
                    sum(packet, parts.header, parts.total) == 0xFFFF;
  return asks ? Verdict::kEcho : Verdict::kNothing;
}

void check_datagram(const Bytes &packet, const Datagram &datagram) {
  const Parts parts = parts_of(packet);
  const std::size_t at = parts.header + 8;
  const std::size_t size = udp_bytes(packet, parts) - 8;
  require(datagram.payload.size() == size && datagram.peer.address.bits == u32(packet, 12) &&
          datagram.peer.port == u16(packet, parts.header) &&
          datagram.local_port == u16(packet, parts.header + 2));
  for (std::size_t i = 0; i < size; ++i) {
    require(datagram.payload[i] == packet[at + i]);
  }
}

void check_echo(const Bytes &packet, ByteView answer_view) {
  const Parts parts = parts_of(packet);
  const Bytes answer(answer_view.begin(), answer_view.end());
  const Parts back = parts_of(answer);
  require(back.header == 20 && back.total == answer.size() &&
          back.total == 20 + parts.total - parts.header);
  require(sum(answer, 0, 20) == 0xFFFF && sum(answer, 20, answer.size()) == 0xFFFF);
  require(u32(answer, 12) == kOwn.bits && u32(answer, 16) == u32(packet, 12));
  require(u16(answer, 20) == 0 && answer[9] == 1);
  for (std::size_t i = 24; i < answer.size(); ++i) {
    require(answer[i] == packet[parts.header + i - 20]);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size < 1 || size > 2048) {
    return 0;
  }
  Bytes packet(data + 1, data + size);
  if (data[0] % 2 == 1) {
    correct_sums(packet);
  }
  const Verdict expected = judge(packet);
  Bytes work = packet;
  Counters counters;
  std::optional<Datagram> datagram;
  const ByteSpan answer = receive_packet(work, kOwn, kDhcpClientPort, counters, datagram);
  require(datagram.has_value() == (expected == Verdict::kDatagram));
  require(answer.empty() == (expected != Verdict::kEcho));
  const unsigned dropped =
      counters.malformed + counters.bad_checksum + counters.fragments + counters.foreign;
  require(dropped == (expected == Verdict::kNothing ? 1U : 0U));
  if (expected == Verdict::kDatagram) {
    check_datagram(packet, *datagram);
  } else if (expected == Verdict::kEcho) {
    check_echo(packet, answer);
  }
  return 0;
}
