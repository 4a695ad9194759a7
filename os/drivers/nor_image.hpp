// SPDX-License-Identifier: Apache-2.0
// Host only: for tests and benchmarks.
#pragma once

#include "os/drivers/nor_memory.hpp"

#include <vector>

namespace tinyml::drivers {

/// A board's store in memory, erased: to be filled, and written to its file. A store::Flash.
class NorImage {
public:
  explicit NorImage(const hal::StoreInfo &geometry)
      : bytes(geometry.size_bytes, 0xFF), info_(geometry) {}

  [[nodiscard]] const hal::StoreInfo &info() const { return info_; }
  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) {
    return memory().read(offset, to);
  }
  [[nodiscard]] hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) {
    return memory().erase(offset, size_bytes);
  }
  [[nodiscard]] hal::Status write(std::uint32_t offset, ByteView from) {
    return memory().write(offset, from);
  }

  std::vector<std::uint8_t> bytes;

private:
  NorMemory memory() { return {bytes.data(), info_}; }

  hal::StoreInfo info_;
};

} // namespace tinyml::drivers
