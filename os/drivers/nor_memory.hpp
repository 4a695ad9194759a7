// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/hal.hpp"

namespace tinyml::drivers {

/// NOR flash rules over plain memory (a file-backed RAM, a mapped file): what a program may not do
/// with real flash is refused here too, so that a mistake shows before there is hardware. Stricter
/// than the bare medium: a program unit must be wholly erased to be written, as on flash that
/// protects units by ECC. Every byte lies in memory with the bits of `kFlip` inverted.
template <std::uint8_t kFlip> class NorMemoryOf {
public:
  constexpr NorMemoryOf(std::uint8_t *memory, const hal::StoreInfo &info)
      : memory_(memory), info_(&info) {}

  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) const {
    if (!inside(offset, to.size())) {
      return hal::Status::kInvalid;
    }
    if (!to.empty()) {
      std::memcpy(to.data(), memory_ + offset, to.size());
    }
    if constexpr (kFlip != 0) {
      for (std::uint8_t &byte : to) {
        byte ^= kFlip;
      }
    }
    return hal::Status::kOk;
  }

  [[nodiscard]] hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) const {
    if (!inside(offset, size_bytes) || !aligned(offset, size_bytes, info_->sector_bytes)) {
      return hal::Status::kInvalid;
    }
    if (kFlip == 0 || !is_erased(offset, size_bytes)) { // holes of a file stay holes
      std::memset(memory_ + offset, kErased, size_bytes);
    }
    return hal::Status::kOk;
  }

  [[nodiscard]] hal::Status write(std::uint32_t offset, ByteView from) const {
    const auto size = static_cast<std::uint32_t>(from.size());
    if (!inside(offset, from.size()) || !aligned(offset, size, info_->program_bytes)) {
      return hal::Status::kInvalid;
    }
    if (!is_erased(offset, size)) {
      return hal::Status::kIo;
    }
    for (std::uint32_t i = 0; i < size; ++i) {
      memory_[offset + i] = from[i] ^ kFlip;
    }
    return hal::Status::kOk;
  }

private:
  static constexpr std::uint8_t kErased = 0xFF ^ kFlip;

  [[nodiscard]] bool is_erased(std::uint32_t offset, std::uint32_t size) const {
    for (std::uint32_t i = 0; i < size; ++i) {
      if (memory_[offset + i] != kErased) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] bool inside(std::uint32_t offset, std::size_t size) const {
    return offset <= info_->size_bytes && size <= info_->size_bytes - offset;
  }

  static bool aligned(std::uint32_t offset, std::uint32_t size, std::uint32_t unit) {
    return ((offset | size) & (unit - 1)) == 0;
  }

  std::uint8_t *memory_;
  const hal::StoreInfo *info_;
};

using NorMemory = NorMemoryOf<0>;
/// Erased bytes are zeros in memory: of a file behind it, they need not be there at all.
using InvertedNorMemory = NorMemoryOf<0xFF>;

} // namespace tinyml::drivers
