// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/drivers/mmio.hpp"
#include "os/hal.hpp"

namespace tinyml::drivers {

/// Part of the code flash of an nRF51 (nRF51 Series Reference Manual 3.0, 6) as a store: pages of 1
/// KiB, words of 4 bytes. `Base` is the controller's address, `Flash` where the part begins. The
/// processor stands still while the flash is busy.
template <std::uintptr_t Base, std::uintptr_t Flash> class Nrf51Nvmc {
public:
  static constexpr std::uint32_t kPageBytes = 1024;
  static constexpr std::uint32_t kWordBytes = 4;

  static hal::Status read(const hal::StoreInfo &info, std::uint32_t offset, ByteSpan to) {
    if (!inside(info, offset, to.size(), 1)) {
      return hal::Status::kInvalid;
    }
    if (!to.empty()) {
      std::memcpy(to.data(), reinterpret_cast<const void *>(Flash + offset), to.size());
    }
    return hal::Status::kOk;
  }

  static hal::Status erase(const hal::StoreInfo &info, std::uint32_t offset,
                           std::uint32_t size_bytes) {
    if (!inside(info, offset, size_bytes, kPageBytes)) {
      return hal::Status::kInvalid;
    }
    Config::write(kErase);
    for (std::uint32_t at = 0; at < size_bytes; at += kPageBytes) {
      ErasePage::write(Flash + offset + at);
      wait();
    }
    Config::write(kReadOnly);
    return hal::Status::kOk;
  }

  /// Words that are not erased are refused: what the flash would make of them is the and of both.
  static hal::Status write(const hal::StoreInfo &info, std::uint32_t offset, ByteView from) {
    if (!inside(info, offset, from.size(), kWordBytes)) {
      return hal::Status::kInvalid;
    }
    auto *to = reinterpret_cast<volatile std::uint32_t *>(Flash + offset);
    for (std::size_t i = 0; i < from.size() / kWordBytes; ++i) {
      if (to[i] != kErased) {
        return hal::Status::kIo;
      }
    }
    Config::write(kWrite);
    for (; from.size() >= kWordBytes; from = from.subspan(kWordBytes)) {
      std::uint32_t word = 0;
      std::memcpy(&word, from.data(), kWordBytes);
      *to++ = word;
      wait();
    }
    Config::write(kReadOnly);
    return hal::Status::kOk;
  }

private:
  using Ready = Register<Base + 0x400>;
  using Config = Register<Base + 0x504>;
  using ErasePage = Register<Base + 0x508>;
  static constexpr std::uint32_t kReadOnly = 0;
  static constexpr std::uint32_t kWrite = 1;
  static constexpr std::uint32_t kErase = 2;
  static constexpr std::uint32_t kErased = 0xFFFFFFFF;

  static bool inside(const hal::StoreInfo &info, std::uint32_t offset, std::size_t size,
                     std::uint32_t unit) {
    return offset <= info.size_bytes && size <= info.size_bytes - offset &&
           ((offset | size) & (unit - 1)) == 0;
  }
  static void wait() {
    while (Ready::read() == 0) {
    }
  }
};

} // namespace tinyml::drivers
