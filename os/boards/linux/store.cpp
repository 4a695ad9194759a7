// SPDX-License-Identifier: Apache-2.0
#include "image/factory.hpp"
#include "os/boards/linux/process.hpp"
#include "os/drivers/nor_memory.hpp"
#include "os/hal.hpp"

namespace tinyml::hal {

namespace {

/// The first four bytes of a file that holds every byte inverted, so that what is erased is a hole
/// in it: those of the factory page, inverted.
constexpr std::uint32_t kInvertedMark = ~image::kFactoryMagic;

/// The mapped file; opened at the first use. A program started without a store has none.
struct Mapping {
  std::uint8_t *memory = nullptr;
  StoreInfo info = {};
};

const Mapping &mapping() {
  static constinit Mapping mapped;
  if (mapped.memory == nullptr && linux_board::state.store_path != nullptr) {
    const auto store = linux_board::map_store(linux_board::state.store_path);
    mapped = {store.memory,
              {.size_bytes = store.size_bytes,
               .sector_bytes = linux_board::kSectorBytes,
               .program_bytes = linux_board::kProgramBytes}};
  }
  return mapped;
}

/// Does it with the flash, whichever way its file holds the bytes.
template <typename Operation> Status with_flash(Operation operation) {
  const Mapping &store = mapping();
  if (store.memory != nullptr && load_le<std::uint32_t>(store.memory) == kInvertedMark) {
    return operation(drivers::InvertedNorMemory(store.memory, store.info));
  }
  return operation(drivers::NorMemory(store.memory, store.info));
}

} // namespace

const StoreInfo &store_info() { return mapping().info; }

Status store_read(std::uint32_t offset, ByteSpan to) {
  return with_flash([&](auto flash) { return flash.read(offset, to); });
}

Status store_erase(std::uint32_t offset, std::uint32_t size_bytes) {
  return with_flash([&](auto flash) { return flash.erase(offset, size_bytes); });
}

Status store_write(std::uint32_t offset, ByteView from) {
  return with_flash([&](auto flash) { return flash.write(offset, from); });
}

} // namespace tinyml::hal
