// SPDX-License-Identifier: Apache-2.0
#include "os/boards/riscv-virt/factory.hpp"
#include "os/cpu/riscv/retained.hpp"
#include "os/drivers/seed_pool.hpp"
#include "os/hal.hpp"

namespace tinyml {

namespace {

constinit drivers::SeedPool pool;

} // namespace

/// No source of randomness: see drivers::SeedPool.
hal::Status hal::entropy(ByteSpan to) {
  if (!pool.filled()) {
    const auto page = virt::factory_page();
    pool.fill(page.ok() ? page.value().entropy_seed : ByteView{}, tinyml_retained.starts);
  }
  for (std::uint8_t &byte : to) {
    byte = pool.next(static_cast<std::uint32_t>(cycle_count()));
  }
  return Status::kUnsupported;
}

} // namespace tinyml
