// SPDX-License-Identifier: Apache-2.0
// The board has no source of randomness. What it gives is a mix of the secret seed it was
// provisioned with, how often it has started since power-on, and the clock at the moment of each
// request: different on every device and hard to foresee without the seed, but not random, which
// kUnsupported says. Under emulation with a counted clock it repeats exactly.
#include "os/boards/lx60-lx106/factory.hpp"
#include "os/cpu/xtensa/retained.hpp"
#include "os/hal.hpp"

namespace tinyml {

namespace {

/// The finaliser of MurmurHash3: every bit of the input changes half of the output's.
std::uint32_t mixed(std::uint32_t value) {
  value = (value ^ (value >> 16)) * 0x85EBCA6B;
  value = (value ^ (value >> 13)) * 0xC2B2AE35;
  return value ^ (value >> 16);
}

/// 256 bits, so that the whole seed counts.
struct Pool {
  std::uint32_t words[image::kEntropySeedBytes / 4];
  std::uint32_t drawn;
};
constinit Pool pool = {};

void fill_pool() {
  const auto page = lx60::factory_page();
  if (page.ok() && page.value().entropy_seed.size() == sizeof(pool.words)) {
    std::memcpy(pool.words, page.value().entropy_seed.data(), sizeof(pool.words));
  }
  pool.words[0] += tinyml_retained.starts;
}

} // namespace

hal::Status hal::entropy(ByteSpan to) {
  if (pool.drawn == 0) {
    fill_pool();
  }
  for (std::uint8_t &byte : to) {
    const std::uint32_t at = ++pool.drawn % (sizeof(pool.words) / 4);
    std::uint32_t &next = pool.words[at];
    next = mixed(next + pool.words[(at + 1) % (sizeof(pool.words) / 4)] + pool.drawn +
                 static_cast<std::uint32_t>(cycle_count()));
    byte = static_cast<std::uint8_t>(next);
  }
  return Status::kUnsupported;
}

} // namespace tinyml
