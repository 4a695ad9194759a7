// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/hal.hpp"

namespace tinyml::drivers {

/// NOR flash rules over plain memory (a file-backed RAM, a mapped file): what a program may not do
/// with real flash is refused here too, so that a mistake shows before there is hardware. Stricter
/// than the bare medium: a program unit must be wholly erased to be written, as on flash that
/// protects units by ECC.
class NorMemory {
public:
  constexpr NorMemory(std::uint8_t *memory, const hal::StoreInfo &info)
      : memory_(memory), info_(&info) {}

  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) const {
    if (!inside(offset, to.size())) {
      return hal::Status::kInvalid;
    }
    if (!to.empty()) {
      std::memcpy(to.data(), memory_ + offset, to.size());
    }
    return hal::Status::kOk;
  }

  [[nodiscard]] hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) const {
    if (!inside(offset, size_bytes) || !aligned(offset, size_bytes, info_->sector_bytes)) {
      return hal::Status::kInvalid;
    }
    std::memset(memory_ + offset, 0xFF, size_bytes);
    return hal::Status::kOk;
  }

  [[nodiscard]] hal::Status write(std::uint32_t offset, ByteView from) const {
    const auto size = static_cast<std::uint32_t>(from.size());
    if (!inside(offset, from.size()) || !aligned(offset, size, info_->program_bytes)) {
      return hal::Status::kInvalid;
    }
    for (std::uint32_t i = 0; i < size; ++i) {
      if (memory_[offset + i] != 0xFF) {
        return hal::Status::kIo;
      }
    }
    for (std::uint32_t i = 0; i < size; ++i) {
      memory_[offset + i] = from[i];
    }
    return hal::Status::kOk;
  }

private:
  [[nodiscard]] bool inside(std::uint32_t offset, std::size_t size) const {
    return offset <= info_->size_bytes && size <= info_->size_bytes - offset;
  }

  static bool aligned(std::uint32_t offset, std::uint32_t size, std::uint32_t unit) {
    return ((offset | size) & (unit - 1)) == 0;
  }

  std::uint8_t *memory_;
  const hal::StoreInfo *info_;
};

} // namespace tinyml::drivers
