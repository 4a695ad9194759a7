// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/hal.hpp"

namespace tinyml::drivers {

/// How a bank of NOR flash is wired: what one access programs, and in which halves of it a chip
/// sees its command.
enum class CfiChips : std::uint8_t { kOne16Bit, kTwo16Bit };

/// NOR flash with the command set of Intel (JEDEC CFI, primary vendor set 1), read in place. Waits
/// for the chip; a program unit must be wholly erased to be written, as drivers::NorMemory has it.
template <std::uintptr_t Base, CfiChips Chips> class CfiFlash {
public:
  using Unit = std::conditional_t<Chips == CfiChips::kOne16Bit, std::uint16_t, std::uint32_t>;
  static constexpr std::uint32_t kProgramBytes = sizeof(Unit);

  explicit constexpr CfiFlash(const hal::StoreInfo &info) : info_(&info) {}

  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) const {
    if (!inside(offset, to.size())) {
      return hal::Status::kInvalid;
    }
    if (!to.empty()) {
      std::memcpy(to.data(), reinterpret_cast<const std::uint8_t *>(Base) + offset, to.size());
    }
    return hal::Status::kOk;
  }

  [[nodiscard]] hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) const {
    if (!inside(offset, size_bytes) || !aligned(offset, size_bytes, info_->sector_bytes)) {
      return hal::Status::kInvalid;
    }
    for (std::uint32_t done = 0; done < size_bytes; done += info_->sector_bytes) {
      at(offset + done) = command(kEraseSetup);
      at(offset + done) = command(kEraseConfirm);
      if (!finish(offset + done)) {
        return hal::Status::kIo;
      }
    }
    return hal::Status::kOk;
  }

  [[nodiscard]] hal::Status write(std::uint32_t offset, ByteView from) const {
    const auto size = static_cast<std::uint32_t>(from.size());
    if (!inside(offset, from.size()) || !aligned(offset, size, info_->program_bytes)) {
      return hal::Status::kInvalid;
    }
    for (std::uint32_t i = 0; i < size; i += kProgramBytes) {
      if (at(offset + i) != static_cast<Unit>(~Unit{0})) {
        return hal::Status::kIo;
      }
    }
    if (size == 0) {
      return hal::Status::kOk;
    }
    // The chip stays out of its reading mode meanwhile: entering it costs emulators dearly.
    for (std::uint32_t i = 0; i < size; i += kProgramBytes) {
      at(offset + i) = command(kProgram);
      at(offset + i) = load_le<Unit>(from.data() + i);
      (void)ready(offset + i);
    }
    return finish(offset) ? hal::Status::kOk : hal::Status::kIo;
  }

private:
  static constexpr std::uint32_t kProgram = 0x40;
  static constexpr std::uint32_t kEraseSetup = 0x20;
  static constexpr std::uint32_t kEraseConfirm = 0xD0;
  static constexpr std::uint32_t kClearStatus = 0x50;
  static constexpr std::uint32_t kReadArray = 0xFF;
  static constexpr std::uint32_t kReady = 0x80;
  static constexpr std::uint32_t kFailures = 0x3A; // erase, program, voltage, locked

  /// The same word for every chip of the bank.
  static constexpr Unit command(std::uint32_t word) {
    return static_cast<Unit>(Chips == CfiChips::kOne16Bit ? word : word | (word << 16));
  }
  static volatile Unit &at(std::uint32_t offset) {
    return *reinterpret_cast<volatile Unit *>(Base + offset);
  }

  /// Waits until all chips are ready. Their failures stay in the status until finish().
  static Unit ready(std::uint32_t offset) {
    Unit status = 0;
    do {
      status = at(offset);
    } while ((status & command(kReady)) != command(kReady));
    return status;
  }

  /// Waits and lets the bank be read again. False when anything failed since the last time.
  static bool finish(std::uint32_t offset) {
    const Unit status = ready(offset);
    at(offset) = command(kClearStatus);
    at(offset) = command(kReadArray);
    return (status & command(kFailures)) == 0;
  }

  [[nodiscard]] bool inside(std::uint32_t offset, std::size_t size) const {
    return offset <= info_->size_bytes && size <= info_->size_bytes - offset;
  }
  static bool aligned(std::uint32_t offset, std::uint32_t size, std::uint32_t unit) {
    return ((offset | size) & (unit - 1)) == 0;
  }

  const hal::StoreInfo *info_;
};

} // namespace tinyml::drivers
