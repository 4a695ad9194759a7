// SPDX-License-Identifier: Apache-2.0
#include "image/factory.hpp"
#include "os/boards/linux/process.hpp"
#include "os/drivers/nor_memory.hpp"
#include "os/hal.hpp"

namespace tinyml::hal {

namespace {

constexpr StoreInfo kInfo = {.size_bytes = linux_board::kStoreBytes,
                             .sector_bytes = linux_board::kSectorBytes,
                             .program_bytes = linux_board::kProgramBytes};
constexpr StoreInfo kNone = {};

/// The first four bytes of a file that holds every byte inverted, so that what is erased is a hole
/// in it: those of the factory page, inverted.
constexpr std::uint32_t kInvertedMark = ~image::kFactoryMagic;

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

namespace {

/// Does it with the flash, whichever way its file holds the bytes.
template <typename Operation> Status with_flash(Operation operation) {
  std::uint8_t *const bytes = memory();
  if (bytes != nullptr && load_le<std::uint32_t>(bytes) == kInvertedMark) {
    return operation(drivers::InvertedNorMemory(bytes, kInfo));
  }
  return operation(drivers::NorMemory(bytes, store_info()));
}

} // namespace

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
