// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/nor_memory.hpp"

namespace tinyml::drivers {

/// NorMemory at an address that never changes, in sectors of 4 KB that are written in units of 16
/// bytes (as store::Flash).
template <std::uintptr_t kBase, std::uint32_t kBytes> class NorMemoryAt {
public:
  static const hal::StoreInfo &info() { return kInfo; }
  static hal::Status read(std::uint32_t offset, ByteSpan to) { return memory().read(offset, to); }
  static hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) {
    return memory().erase(offset, size_bytes);
  }
  static hal::Status write(std::uint32_t offset, ByteView from) {
    return memory().write(offset, from);
  }

private:
  static constexpr hal::StoreInfo kInfo = {
      .size_bytes = kBytes, .sector_bytes = 4096, .program_bytes = 16};
  static NorMemory memory() { return {reinterpret_cast<std::uint8_t *>(kBase), kInfo}; }
};

} // namespace tinyml::drivers
