// SPDX-License-Identifier: Apache-2.0
#include "os/boards/mps/family.hpp"
#include "os/drivers/nor_memory.hpp"
#include "os/hal.hpp"

namespace tinyml::hal {

namespace {

constexpr StoreInfo kInfo = {
    .size_bytes = 1U << mps::kStoreLog2, .sector_bytes = 4096, .program_bytes = 16};

drivers::NorMemory flash() { return {reinterpret_cast<std::uint8_t *>(mps::kStoreBase), kInfo}; }

} // namespace

const StoreInfo &store_info() { return kInfo; }

Status store_read(std::uint32_t offset, ByteSpan to) { return flash().read(offset, to); }

Status store_erase(std::uint32_t offset, std::uint32_t size_bytes) {
  return flash().erase(offset, size_bytes);
}

Status store_write(std::uint32_t offset, ByteView from) { return flash().write(offset, from); }

} // namespace tinyml::hal
