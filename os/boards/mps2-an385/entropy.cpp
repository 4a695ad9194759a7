// SPDX-License-Identifier: Apache-2.0
// The board has no source of randomness. What it gives is a mix of the secret seed it was
// provisioned with, how often it has started since power-on, and the clock at the moment of each
// request: different on every device and hard to foresee without the seed, but not random, which
// kUnsupported says. Under emulation with a counted clock it repeats exactly.
#include "os/boards/mps2-an385/factory.hpp"
#include "os/cpu/armv7m/retained.hpp"
#include "os/hal.hpp"

namespace tinyml {

namespace {

/// One output step of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators").
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

std::uint64_t seed() {
  std::uint64_t state = tinyml_retained.starts;
  const auto page = mps2::factory_page();
  if (page.ok() && page.value().entropy_seed.size() == image::kEntropySeedBytes) {
    for (std::size_t i = 0; i < image::kEntropySeedBytes; i += 8) {
      state = mixed(state ^ load_le<std::uint64_t>(page.value().entropy_seed.data() + i));
    }
  }
  return state;
}

} // namespace

hal::Status hal::entropy(ByteSpan to) {
  static std::uint64_t state = 0;
  if (state == 0) {
    state = seed();
  }
  for (std::uint8_t &byte : to) {
    state += 0x9E3779B97F4A7C15 + cycle_count();
    byte = static_cast<std::uint8_t>(mixed(state));
  }
  return Status::kUnsupported;
}

} // namespace tinyml
