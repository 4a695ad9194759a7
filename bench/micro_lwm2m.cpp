// SPDX-License-Identifier: Apache-2.0
// Register at the service's registry: parsing alone, and a client that registers again among many.
#include "protocol/lwm2m/server_registry.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace tinyml::lwm2m {
namespace {

constexpr std::string_view kLinks =
    "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\",</1/0>,</3/0>,</5/0>,</3341/0>,</42769/0>,"
    "</42770/0>,</42771/0>";

void parse_register(benchmark::State &state) {
  const std::string_view query[] = {"ep=mcu-1", "lt=300", "lwm2m=1.1", "b=U"};
  for ([[maybe_unused]] auto turn : state) {
    Registration registration;
    auto parameters = parse_parameters(query);
    auto links = parse_object_links(as_bytes(kLinks), registration);
    if (!parameters.ok() || !links.ok()) {
      state.SkipWithError("the registration was refused");
      break;
    }
    benchmark::DoNotOptimize(registration);
  }
}
BENCHMARK(parse_register)->Name("LwM2M Register, parse");

void handle_register(benchmark::State &state) {
  const auto clients = static_cast<std::size_t>(state.range(0));
  Registry registry(1, clients);
  std::vector<std::string> endpoints;
  for (std::size_t i = 0; i < clients; ++i) {
    endpoints.push_back(fmt::format("ep=device-{}", i));
  }
  const std::string_view path[] = {"rd"};
  const auto enrol = [&](std::size_t client, std::uint64_t now_ms) {
    const std::string_view query[] = {endpoints[client], "lt=300", "lwm2m=1.1", "b=U"};
    return registry
        .handle({.path = path, .query = query, .payload = as_bytes(kLinks)}, "127.0.0.1:5000",
                now_ms)
        .event;
  };
  for (std::size_t i = 0; i < clients; ++i) {
    enrol(i, 0);
  }
  constexpr std::size_t kStride = 7919; // a prime: not in the order of the names
  std::size_t client = 0;
  std::uint64_t now_ms = 0;
  for ([[maybe_unused]] auto turn : state) {
    client = (client + kStride) % clients;
    if (enrol(client, ++now_ms) != RegistryEvent::kReplaced) {
      state.SkipWithError("the registration was refused");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(handle_register)->Name("LwM2M Register, clients")->Arg(1'000)->Arg(100'000);

} // namespace
} // namespace tinyml::lwm2m
