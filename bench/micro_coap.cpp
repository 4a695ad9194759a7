// SPDX-License-Identifier: Apache-2.0
// A GET with a small answer, as the service (hashed storage) and a device (fixed storage) handle
// it.
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/coap/hashed_storage.hpp"

#include <array>
#include <benchmark/benchmark.h>

namespace tinyml::coap {
namespace {

constexpr std::uint64_t kPeers = 1000;
constexpr Millis kBetweenRequestsMs = 10; // 247 s of remembered answers: about 25,000 of them

template <typename Storage> void coap_get(benchmark::State &state) {
  Endpoint<Storage> endpoint{Parameters{}, 1};
  std::array<std::uint8_t, 64> buffer{};
  std::uint32_t count = 0;
  Millis now_ms = 1;
  for ([[maybe_unused]] auto turn : state) {
    const PeerId peer{1 + count % kPeers};
    const auto id = static_cast<std::uint16_t>(count / kPeers);
    MessageBuilder get(buffer, Type::kConfirmable, Code::kGet, id, Token(as_bytes("token")));
    get.path("42771/0/5700");
    const Event event = endpoint.receive(peer, get.bytes(), now_ms);
    if (event.kind != EventKind::kRequest) {
      state.SkipWithError("the request was not handed out");
      break;
    }
    Draft draft = endpoint.reply(event.request, Code::kContent);
    draft.message.content_format(ContentFormat::kText).payload("7");
    endpoint.send(draft, now_ms);
    while (const Event out = endpoint.poll(now_ms)) {
      benchmark::DoNotOptimize(out.datagram.data());
    }
    ++count;
    now_ms += kBetweenRequestsMs;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_TEMPLATE(coap_get, HashedStorage<>)->Name("CoAP GET, service");
BENCHMARK_TEMPLATE(coap_get, FixedStorage<>)->Name("CoAP GET, device's code");

} // namespace
} // namespace tinyml::coap
