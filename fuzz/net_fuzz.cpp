// SPDX-License-Identifier: Apache-2.0
// Feeds scripts of frames, sends and time to the device's stacks and to the host's gateway.
#include "os/net/checksum.hpp"
#include "os/net/ethernet_stack.hpp"
#include "os/net/hosted_stack.hpp"
#include "os/net/slip.hpp"
#include "os/net/slip_stack.hpp"
#include "os/net/wire.hpp"
#include "tender/switch/gateway.hpp"

#include <sanitizer/asan_interface.h>

#include <cstdlib>
#include <vector>

namespace {

using namespace tinyml;
using namespace tinyml::net;

constexpr MacAddress kMac{2, 0, 0, 0, 0, 1};
constexpr Ipv4Address kOwn = Ipv4Address::of(10, 77, 0, 2);

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// Corrects the checksums of an IPv4 packet, so that the fuzzer gets past them.
void repair(ByteSpan packet) {
  if (packet.size() < kIpv4HeaderBytes) {
    return;
  }
  const std::size_t header = (packet[0] & 0xFU) * 4U;
  const std::size_t total = get_be16(&packet[2]);
  if (header < kIpv4HeaderBytes || total < header + kUdpHeaderBytes || total > packet.size()) {
    return;
  }
  const auto put_sum = [](std::uint8_t *at, std::uint32_t start, ByteView covered) {
    put_be16(at, 0);
    put_be16(at, checksum_finish(checksum_add(start, covered)));
  };
  put_sum(&packet[10], 0, packet.first(header));
  const ByteSpan payload = packet.subspan(header, total - header);
  if (packet[9] == static_cast<std::uint8_t>(IpProtocol::kIcmp)) {
    put_sum(&payload[2], 0, payload);
  } else if (get_be16(&payload[4]) >= kUdpHeaderBytes && get_be16(&payload[4]) <= payload.size()) {
    const std::size_t size = get_be16(&payload[4]);
    const auto pseudo = static_cast<std::uint32_t>(17 + size);
    put_sum(&payload[6], checksum_add(pseudo, packet.subspan(12, 8)), payload.first(size));
  }
}

/// The rest of the buffer behind the frame may not be touched while a frame is looked at.
struct Poisoned {
  Poisoned(ByteSpan buffer, std::size_t used) : rest(buffer.subspan(used)) {
    ASAN_POISON_MEMORY_REGION(rest.data(), rest.size());
  }
  ~Poisoned() { ASAN_UNPOISON_MEMORY_REGION(rest.data(), rest.size()); }
  ByteSpan rest;
};

std::uint64_t sum_of(ByteView bytes) {
  std::uint64_t sum = 0;
  for (const std::uint8_t byte : bytes) {
    sum += byte;
  }
  return sum;
}

template <typename Stack> void flush(Stack &stack, std::uint64_t now) {
  int frames = 0;
  for (ByteView out = stack.poll(now); !out.empty(); out = stack.poll(now)) {
    require(out.size() <= kEthernetFrameBytes && ++frames <= 4);
    volatile const std::uint64_t touched = sum_of(out);
    (void)touched;
  }
  require(stack.next_deadline_ns() > now);
}

template <typename Stack> void run(ByteReader script, const StackConfig &config, std::size_t link) {
  std::vector<std::uint8_t> frame(kEthernetFrameBytes);
  Stack stack(config, frame);
  std::uint64_t now = 0;
  flush(stack, now);
  while (!script.empty()) {
    const std::uint8_t step = *script.take(1)->data();
    if ((step & 3) == 0) {
      now += std::uint64_t{step} << 30;
    } else if ((step & 3) == 1) {
      const auto address = script.take_be<std::uint32_t>();
      const auto size = script.take_be<std::uint16_t>();
      std::vector<std::uint8_t> payload(size ? *size % 1600 : 0, step);
      (void)stack.send({{address ? *address : 0}, 7}, 7, payload, now);
    } else {
      const auto size = script.take_be<std::uint16_t>();
      const ByteSpan buffer = stack.receive_buffer();
      const auto bytes = script.take(size ? *size % (script.remaining() + 1) : 0);
      if (bytes->size() <= buffer.size() && !bytes->empty()) {
        std::copy(bytes->begin(), bytes->end(), buffer.begin());
        if (step & 4 && bytes->size() > link) {
          repair(buffer.subspan(link, bytes->size() - link));
        }
        const Poisoned guard(buffer, bytes->size());
        if (const auto datagram = stack.handle_frame(buffer.first(bytes->size()), now)) {
          volatile const std::uint64_t touched = sum_of(datagram->payload);
          (void)touched;
        }
      }
    }
    flush(stack, now);
  }
}

void run_gateway(ByteView frame) {
  tender::Gateway gateway(tender::Subnet{});
  std::vector<std::uint8_t> buffer(2048);
  if (frame.size() > buffer.size()) {
    return;
  }
  std::copy(frame.begin(), frame.end(), buffer.begin());
  if (frame.size() > kEthernetHeaderBytes) {
    repair(ByteSpan(buffer).subspan(kEthernetHeaderBytes, frame.size() - kEthernetHeaderBytes));
  }
  const auto outcome = gateway.handle(buffer, frame.size(), tender::Time{});
  require(outcome.answer.size() <= kEthernetFrameBytes);
  if (outcome.relay) {
    std::vector<std::uint8_t> answer(kEthernetFrameBytes);
    require(gateway.build(answer, *outcome.relay) <= answer.size());
  }
}

void run_slip(ByteView line) {
  std::vector<std::uint8_t> buffer(64);
  SlipReceiver receiver(buffer);
  for (const std::uint8_t byte : line) {
    require(receiver.push(byte) <= buffer.size());
  }
  // Whatever was on the line before: a packet that fits arrives whole, once.
  const ByteView packet = line.first(std::min(line.size(), buffer.size()));
  std::size_t received = 0;
  int noise = 1; // what stood there may end with the first END
  slip_send(packet, [&](std::uint8_t byte) {
    const std::size_t size = receiver.push(byte);
    received = noise-- > 0 ? 0 : received + size;
  });
  require(received == packet.size() && std::equal(packet.begin(), packet.end(), buffer.begin()));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const ByteView rest(data + 1, size - 1);
  StackConfig config{.mac = kMac, .random_seed = 1, .fixed = {}};
  const StackConfig fixed{
      .mac = kMac,
      .random_seed = 1,
      .fixed = {kOwn, Ipv4Address::of(255, 255, 0, 0), Ipv4Address::of(10, 77, 0, 1)}};
  switch (data[0] % 6) {
  case 0:
    run<EthernetStack>(ByteReader(rest), config, kEthernetHeaderBytes);
    break;
  case 1:
    run<EthernetStack>(ByteReader(rest), fixed, kEthernetHeaderBytes);
    break;
  case 2:
    run<SlipStack>(ByteReader(rest), fixed, 0);
    break;
  case 3:
    run<HostedStack>(ByteReader(rest), config, 0);
    break;
  case 4:
    run_gateway(rest);
    break;
  default:
    run_slip(rest);
  }
  return 0;
}
