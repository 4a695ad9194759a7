// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/hal.hpp"

#include <algorithm>

namespace tinyml::drivers {

/// What an SD card hangs on: an SPI bus in mode 0 that sends ones while it receives, and the card's
/// chip select.
template <typename S>
concept CardBus = requires(std::uint8_t byte, ByteView out, ByteSpan in, std::size_t count) {
  { S::exchange(byte) } -> std::same_as<std::uint8_t>;
  S::send(out);
  S::receive(in);
  S::skip(count);
  S::select();
  S::deselect();
  S::run_slow(); ///< 100 to 400 kHz, for identification
  S::run_fast(); ///< 25 MHz at most
};

/// SD memory card in SPI mode (SD Physical Layer Simplified Specification, chapter 7), of standard
/// or high capacity: blocks of 512 bytes. The card replaces a block as a whole, which is why a
/// power cut leaves the old block or the new one.
template <CardBus Bus> class SdCard {
public:
  static constexpr std::uint32_t kBlockBytes = 512;

  /// False when no card answers.
  [[nodiscard]] bool start() {
    Bus::run_slow();
    Bus::deselect();
    Bus::skip(10); // 74 clocks or more wake it
    const bool answers = go_idle() && initialise() && find_addressing();
    release();
    Bus::run_fast();
    return answers;
  }

  /// Reads `to` from inside one block.
  [[nodiscard]] bool read(std::uint32_t block, std::uint32_t first, ByteSpan to) {
    const bool good = command(kReadBlock, address(block)) == 0 && wait_for(kStartToken);
    if (good) {
      Bus::skip(first);
      Bus::receive(to);
      Bus::skip(kBlockBytes - first - to.size() + kChecksumBytes);
    }
    release();
    return good;
  }

  [[nodiscard]] bool write(std::uint32_t block, std::span<const std::uint8_t, kBlockBytes> from) {
    bool good = command(kWriteBlock, address(block)) == 0;
    if (good) {
      (void)Bus::exchange(0xFF);
      (void)Bus::exchange(kStartToken);
      Bus::send(from);
      Bus::skip(kChecksumBytes);
      good = (response() & kDataResponse) == kDataAccepted && wait_for(kNotBusy);
    }
    release();
    return good;
  }

private:
  static constexpr std::uint8_t kGoIdle = 0;
  static constexpr std::uint8_t kInterfaceCondition = 8;
  static constexpr std::uint8_t kSetBlockLength = 16;
  static constexpr std::uint8_t kReadBlock = 17;
  static constexpr std::uint8_t kWriteBlock = 24;
  static constexpr std::uint8_t kOperate = 41; ///< of the application commands
  static constexpr std::uint8_t kApplicationCommand = 55;
  static constexpr std::uint8_t kReadConditions = 58;

  static constexpr std::uint8_t kIdle = 1;
  static constexpr std::uint8_t kNoAnswer = 0xFF;
  static constexpr std::uint8_t kStartToken = 0xFE;
  static constexpr std::uint8_t kNotBusy = 0xFF;
  static constexpr std::uint8_t kDataResponse = 0x1F;
  static constexpr std::uint8_t kDataAccepted = 0x05;
  static constexpr std::uint32_t kVoltageAndPattern = 0x1AA; ///< 2.7 to 3.6 V
  static constexpr std::uint32_t kTakesHighCapacity = 1U << 30;
  static constexpr std::uint8_t kHighCapacity = 1U << 6; ///< in the first byte of the conditions
  static constexpr std::size_t kChecksumBytes = 2;
  static constexpr int kTries = 100;
  static constexpr int kPatience = 100'000; ///< bytes; a card may be busy for a quarter of a second

  [[nodiscard]] std::uint32_t address(std::uint32_t block) const {
    return by_block_ ? block : block * kBlockBytes;
  }

  static bool go_idle() {
    for (int tries = 0; tries < kTries; ++tries) {
      if (command(kGoIdle, 0) == kIdle) {
        return true;
      }
    }
    return false;
  }

  /// Cards of version 1 know neither the first command nor high capacity, and refuse both.
  static bool initialise() {
    if (command(kInterfaceCondition, kVoltageAndPattern) == kIdle) {
      Bus::skip(4);
    }
    for (int tries = 0; tries < kPatience; ++tries) {
      (void)command(kApplicationCommand, 0);
      if (command(kOperate, kTakesHighCapacity) == 0) {
        return true;
      }
    }
    return false;
  }

  bool find_addressing() {
    std::uint8_t conditions[4] = {};
    if (command(kReadConditions, 0) > kIdle) {
      return false;
    }
    Bus::receive(conditions);
    by_block_ = (conditions[0] & kHighCapacity) != 0;
    return by_block_ || command(kSetBlockLength, kBlockBytes) == 0;
  }

  /// Leaves the card selected; returns its first response byte.
  static std::uint8_t command(std::uint8_t number, std::uint32_t argument) {
    release();
    Bus::select();
    std::uint8_t frame[6] = {static_cast<std::uint8_t>(0x40 | number), 0, 0, 0, 0, 0};
    store_be(frame + 1, argument);
    // Checksums count before the card is in SPI mode only: those of the two commands sent then.
    frame[5] = number == kGoIdle ? 0x95 : 0x87;
    Bus::send(frame);
    return response();
  }

  /// The next byte that is not all ones.
  static std::uint8_t response() {
    std::uint8_t byte = kNoAnswer;
    for (int tries = 0; tries < kTries && byte == kNoAnswer; ++tries) {
      byte = Bus::exchange(0xFF);
    }
    return byte;
  }

  static bool wait_for(std::uint8_t wanted) {
    for (int tries = 0; tries < kPatience; ++tries) {
      if (Bus::exchange(0xFF) == wanted) {
        return true;
      }
    }
    return false;
  }

  /// A card wants clocks behind a response, and lets go of the bus with those after its select went
  /// up.
  static void release() {
    (void)Bus::exchange(0xFF);
    Bus::deselect();
    (void)Bus::exchange(0xFF);
  }

  bool by_block_ = false;
};

/// NOR rules over the blocks of a card, from block 0 on: erasing writes ones, and a program unit
/// must be wholly erased to be written. A sector is whole blocks.
template <typename Card> class NorCard {
public:
  constexpr NorCard(Card &card, const hal::StoreInfo &info) : card_(&card), info_(&info) {}

  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) const {
    if (!inside(offset, to.size())) {
      return hal::Status::kInvalid;
    }
    while (!to.empty()) {
      const std::size_t part = in_block(offset, to.size());
      if (!card_->read(offset / kBlock, offset % kBlock, to.first(part))) {
        return hal::Status::kIo;
      }
      offset += static_cast<std::uint32_t>(part);
      to = to.subspan(part);
    }
    return hal::Status::kOk;
  }

  [[nodiscard]] hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) const {
    if (!inside(offset, size_bytes) || !aligned(offset, size_bytes, info_->sector_bytes)) {
      return hal::Status::kInvalid;
    }
    std::uint8_t ones[kBlock];
    std::memset(ones, 0xFF, sizeof(ones));
    for (std::uint32_t done = 0; done < size_bytes; done += kBlock) {
      if (!card_->write((offset + done) / kBlock, ones)) {
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
    while (!from.empty()) {
      const std::size_t part = in_block(offset, from.size());
      if (!program(offset, from.first(part))) {
        return hal::Status::kIo;
      }
      offset += static_cast<std::uint32_t>(part);
      from = from.subspan(part);
    }
    return hal::Status::kOk;
  }

private:
  static constexpr std::uint32_t kBlock = Card::kBlockBytes;

  [[nodiscard]] bool program(std::uint32_t offset, ByteView from) const {
    std::uint8_t block[kBlock];
    if (!card_->read(offset / kBlock, 0, block)) {
      return false;
    }
    std::uint8_t *const to = block + offset % kBlock;
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (to[i] != 0xFF) {
        return false;
      }
      to[i] = from[i];
    }
    return card_->write(offset / kBlock, block);
  }

  static std::size_t in_block(std::uint32_t offset, std::size_t size) {
    return std::min<std::size_t>(size, kBlock - offset % kBlock);
  }
  [[nodiscard]] bool inside(std::uint32_t offset, std::size_t size) const {
    return offset <= info_->size_bytes && size <= info_->size_bytes - offset;
  }
  static bool aligned(std::uint32_t offset, std::uint32_t size, std::uint32_t unit) {
    return ((offset | size) & (unit - 1)) == 0;
  }

  Card *card_;
  const hal::StoreInfo *info_;
};

} // namespace tinyml::drivers
