// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lm3s6965evb/factory.hpp"
#include "os/cpu/armv7m/retained.hpp"
#include "os/drivers/seeded_entropy.hpp"

namespace tinyml {

namespace {

constinit drivers::SeededEntropy pool;

std::uint32_t low_cycles() { return static_cast<std::uint32_t>(hal::cycle_count()); }

} // namespace

hal::Status hal::entropy(ByteSpan to) {
  if (pool.is_fresh()) {
    const lm3s::FactoryPageCopy copy;
    const auto page = copy.page();
    pool.seed(page.ok() ? page.value().entropy_seed : ByteView{}, tinyml_retained.starts);
  }
  pool.draw(to, low_cycles);
  return Status::kUnsupported;
}

} // namespace tinyml
