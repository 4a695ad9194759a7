// SPDX-License-Identifier: Apache-2.0
// What a bootloader does with an image of LeNet's size, on this machine.
#include "image/packer.hpp"
#include "image/verify.hpp"

#include <benchmark/benchmark.h>
#include <numeric>

namespace tinyml::image {
namespace {

constexpr std::size_t kPayloadBytes = 100'000;
constexpr std::uint32_t kSlotBytes = 1U << 20U;

std::vector<std::uint8_t> payload() {
  std::vector<std::uint8_t> bytes(kPayloadBytes);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

void sha256(benchmark::State &state) {
  const auto bytes = payload();
  for ([[maybe_unused]] auto turn : state) {
    Sha256 hash;
    std::array<std::uint8_t, kHashBytes> digest{};
    sha256_start(hash);
    sha256_update(hash, bytes);
    sha256_finish(hash, digest);
    benchmark::DoNotOptimize(digest);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(sha256)->Name("SHA-256 of 100,000 bytes");

void verify_image(benchmark::State &state) {
  const auto key = SigningKey::generate();
  const auto packed = key.ok() ? pack(payload(), {.board = "bench", .abi_version = 1}, *key)
                               : Expected<std::vector<std::uint8_t>>(Failure{key.error()});
  if (!packed.ok()) {
    state.SkipWithError(packed.error().message.c_str());
    return;
  }
  const Requirements wanted{.board = "bench",
                            .oldest_abi = 1,
                            .newest_abi = 1,
                            .max_payload_bytes = kSlotBytes,
                            .max_total_bytes = kSlotBytes};
  const auto public_key = key->public_key();
  for ([[maybe_unused]] auto turn : state) {
    MemoryReader reader(*packed);
    Header header;
    if (verify(reader, wanted, public_key, header) != Error::kNone) {
      state.SkipWithError("a good image was refused");
      break;
    }
  }
}
BENCHMARK(verify_image)->Name("verify an image of 100,000 bytes (SHA-256, ECDSA P-256)");

} // namespace
} // namespace tinyml::image
