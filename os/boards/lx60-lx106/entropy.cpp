// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lx60-lx106/factory.hpp"
#include "os/cpu/xtensa/retained.hpp"
#include "os/drivers/seeded_entropy.hpp"
#include "os/hal.hpp"

namespace tinyml {

namespace {

constinit drivers::SeededEntropy pool;

std::uint32_t low_cycles() { return static_cast<std::uint32_t>(hal::cycle_count()); }

} // namespace

hal::Status hal::entropy(ByteSpan to) {
  if (pool.is_fresh()) {
    const auto page = lx60::factory_page();
    pool.seed(page.ok() ? page.value().entropy_seed : ByteView{}, tinyml_retained.starts);
  }
  pool.draw(to, low_cycles);
  return Status::kUnsupported;
}

} // namespace tinyml
