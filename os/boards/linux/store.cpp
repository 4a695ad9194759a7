// SPDX-License-Identifier: Apache-2.0
#include "os/boards/linux/process.hpp"
#include "os/drivers/nor_memory.hpp"
#include "os/hal.hpp"

namespace tinyml::hal {

namespace {

constexpr StoreInfo kInfo = {.size_bytes = linux_board::kStoreBytes,
                             .sector_bytes = linux_board::kSectorBytes,
                             .program_bytes = linux_board::kProgramBytes};
constexpr StoreInfo kNone = {};

/// The mapped file; opened at the first use. A program started without a store has none.
std::uint8_t *memory() {
  static std::uint8_t *mapped = nullptr;
  if (mapped == nullptr && linux_board::state.store_path != nullptr) {
    mapped = linux_board::map_store(linux_board::state.store_path);
  }
  return mapped;
}

} // namespace

const StoreInfo &store_info() { return linux_board::state.store_path != nullptr ? kInfo : kNone; }

Status store_read(std::uint32_t offset, ByteSpan to) {
  return drivers::NorMemory(memory(), store_info()).read(offset, to);
}

Status store_erase(std::uint32_t offset, std::uint32_t size_bytes) {
  return drivers::NorMemory(memory(), store_info()).erase(offset, size_bytes);
}

Status store_write(std::uint32_t offset, ByteView from) {
  return drivers::NorMemory(memory(), store_info()).write(offset, from);
}

} // namespace tinyml::hal
