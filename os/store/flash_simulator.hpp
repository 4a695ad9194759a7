// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "os/store/layout.hpp"

#include <map>
#include <random>
#include <vector>

/// Flash with NOR rules whose power can fail at any write or erase, whose sectors can wear out, and
/// which may lie. For tests on the host.
namespace tinyml::store {

/// Thrown by the operation during which the power fails.
struct PowerCut {};

/// What the interrupted operation leaves behind.
enum class Torn {
  kNothing, ///< it had not begun
  kPrefix,  ///< the first half of it is done
  kBits,    ///< any of its bits are done
  kWhole,   ///< it was done, but nobody learned of it
};
inline constexpr Torn kAllTorn[] = {Torn::kNothing, Torn::kPrefix, Torn::kBits, Torn::kWhole};

/// What is wrong with a sector.
enum class Fault {
  kEraseFails,       ///< and says so
  kEraseDoesNothing, ///< and says that it was done
  kWriteFails,       ///< after half of it, and says so
  kWriteDoesNothing, ///< and says that it was done
  kStuckBits,        ///< the lowest bit of some bytes stays 0 whatever is done
};
inline constexpr Fault kAllFaults[] = {Fault::kEraseFails, Fault::kEraseDoesNothing,
                                       Fault::kWriteFails, Fault::kWriteDoesNothing,
                                       Fault::kStuckBits};

/// One power supply for all flash of a device: counts operations and fails at the one that was
/// asked for.
class Power {
public:
  /// The power fails at the operation `operations` from now (0 is the next); nothing fails before.
  void cut_after(std::uint32_t operations, Torn torn, std::uint32_t seed) {
    left_ = operations;
    torn_ = torn;
    armed_ = true;
    random_.seed(seed);
  }
  void never_cut() { armed_ = false; }

  [[nodiscard]] std::uint32_t operations() const { return operations_; }
  [[nodiscard]] std::uint32_t cuts() const { return cuts_; }

private:
  friend class FlashSimulator;

  /// True when this operation is the one.
  bool fails_now() {
    ++operations_;
    if (!armed_ || left_-- > 0) {
      return false;
    }
    armed_ = false;
    ++cuts_;
    return true;
  }

  std::uint32_t left_ = 0;
  std::uint32_t operations_ = 0;
  std::uint32_t cuts_ = 0;
  Torn torn_ = Torn::kNothing;
  bool armed_ = false;
  std::minstd_rand random_;
};

class FlashSimulator {
public:
  FlashSimulator(const hal::StoreInfo &info, Power &power)
      : info_(info), power_(&power), bytes_(info.size_bytes, 0xFF),
        written_(info.size_bytes / info.program_bytes, false) {}

  [[nodiscard]] const hal::StoreInfo &info() const { return info_; }

  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) {
    if (!inside(offset, to.size())) {
      return hal::Status::kInvalid;
    }
    std::copy_n(bytes_.begin() + offset, to.size(), to.begin());
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i] =
          static_cast<std::uint8_t>(to[i] & ~stuck_bits(offset + static_cast<std::uint32_t>(i)));
    }
    flip_a_bit(to);
    return hal::Status::kOk;
  }

  [[nodiscard]] hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) {
    if (!inside(offset, size_bytes) || offset % info_.sector_bytes != 0 ||
        size_bytes % info_.sector_bytes != 0) {
      return hal::Status::kInvalid;
    }
    guard(offset, size_bytes);
    for (std::uint32_t at = offset; at < offset + size_bytes; at += info_.sector_bytes) {
      wear(at);
      if (has(at, Fault::kEraseFails)) {
        return hal::Status::kIo;
      }
      if (!has(at, Fault::kEraseDoesNothing)) {
        erase_sector(at);
      }
    }
    return hal::Status::kOk;
  }

  [[nodiscard]] hal::Status write(std::uint32_t offset, ByteView from) {
    if (!inside(offset, from.size()) || offset % info_.program_bytes != 0 ||
        from.size() % info_.program_bytes != 0) {
      return hal::Status::kInvalid;
    }
    guard(offset, static_cast<std::uint32_t>(from.size()));
    if (has(offset, Fault::kWriteDoesNothing)) {
      return hal::Status::kOk;
    }
    if (has(offset, Fault::kWriteFails)) {
      for (std::uint32_t i = 0; i < from.size() / 2; ++i) {
        program(offset + i, static_cast<std::uint8_t>(~from[i]));
      }
      return hal::Status::kIo;
    }
    const bool fails = power_->fails_now();
    for (std::uint32_t i = 0; i < from.size(); ++i) {
      const auto cleared = static_cast<std::uint8_t>(~from[i]);
      program(offset + i, fails ? torn(cleared, i, from.size()) : cleared);
    }
    mark_written(offset, static_cast<std::uint32_t>(from.size()), fails);
    if (fails) {
      throw PowerCut{};
    }
    return hal::Status::kOk;
  }

  /// The sector that holds `offset` is bad once it has been erased `good_erases` more times.
  void spoil(std::uint32_t offset, Fault fault, std::uint32_t good_erases = 0) {
    worn_[sector_of(offset)] = {fault, good_erases};
  }
  void repair() { worn_.clear(); }
  /// Of a million reads, how many come with one wrong bit.
  void flip_reads(std::uint32_t per_million, std::uint32_t seed) {
    flips_per_million_ = per_million;
    flips_.seed(seed);
  }

  /// Writes and erases that touch this region count as violations.
  void protect(const Region &region) { protected_ = region; }
  /// How often a rule was broken: a program unit written twice, or the protected region touched.
  [[nodiscard]] std::uint32_t violations() const { return violations_; }

  /// The memory itself, to damage it.
  [[nodiscard]] std::vector<std::uint8_t> &bytes() { return bytes_; }

private:
  struct Wear {
    Fault fault;
    std::uint32_t good_erases;
  };

  [[nodiscard]] std::uint32_t sector_of(std::uint32_t offset) const {
    return offset / info_.sector_bytes;
  }
  [[nodiscard]] bool has(std::uint32_t offset, Fault fault) const {
    const auto found = worn_.find(sector_of(offset));
    return found != worn_.end() && found->second.good_erases == 0 && found->second.fault == fault;
  }
  void wear(std::uint32_t offset) {
    const auto found = worn_.find(sector_of(offset));
    if (found != worn_.end() && found->second.good_erases > 0) {
      --found->second.good_erases;
    }
  }
  /// Every seventh byte of such a sector has one.
  [[nodiscard]] std::uint8_t stuck_bits(std::uint32_t offset) const {
    return offset % 7 == 0 && has(offset, Fault::kStuckBits) ? 1 : 0;
  }
  void flip_a_bit(ByteSpan bytes) {
    constexpr std::uint32_t kMillion = 1'000'000;
    if (!bytes.empty() && flips_per_million_ != 0 && flips_() % kMillion < flips_per_million_) {
      const auto bit = static_cast<std::size_t>(flips_()) % (bytes.size() * 8);
      bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    }
  }

  [[nodiscard]] bool inside(std::uint32_t offset, std::size_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }

  void guard(std::uint32_t offset, std::uint32_t size_bytes) {
    if (offset < protected_.end() && protected_.offset < offset + size_bytes) {
      ++violations_;
    }
  }

  void program(std::uint32_t at, std::uint8_t cleared_bits) {
    bytes_[at] = static_cast<std::uint8_t>(bytes_[at] & ~cleared_bits);
  }

  /// The part of `bits` in byte `index` of an operation of `size` bytes that a failing power still
  /// does.
  std::uint8_t torn(std::uint8_t bits, std::size_t index, std::size_t size) {
    switch (power_->torn_) {
    case Torn::kNothing:
      return 0;
    case Torn::kPrefix:
      return index < size / 2 ? bits : std::uint8_t{0};
    case Torn::kBits:
      return static_cast<std::uint8_t>(bits & (power_->random_() >> 8));
    case Torn::kWhole:
      return bits;
    }
    return bits;
  }

  /// A unit of which a failed write left nothing cannot be told from one never written.
  void mark_written(std::uint32_t offset, std::uint32_t size_bytes, bool torn_write) {
    for (std::uint32_t at = offset; at < offset + size_bytes; at += info_.program_bytes) {
      const auto unit = bytes_.begin() + at;
      const bool blank = std::all_of(unit, unit + info_.program_bytes,
                                     [](std::uint8_t byte) { return byte == 0xFF; });
      const std::uint32_t index = at / info_.program_bytes;
      violations_ += written_[index] ? 1 : 0;
      written_[index] = written_[index] || !torn_write || !blank;
    }
  }

  void erase_sector(std::uint32_t offset) {
    const bool fails = power_->fails_now();
    for (std::uint32_t i = 0; i < info_.sector_bytes; ++i) {
      std::uint8_t &byte = bytes_[offset + i];
      const auto set = static_cast<std::uint8_t>(~byte);
      byte = static_cast<std::uint8_t>(byte | (fails ? torn(set, i, info_.sector_bytes) : set));
    }
    if (!fails || power_->torn_ == Torn::kWhole) {
      const std::uint32_t first = offset / info_.program_bytes;
      std::fill_n(written_.begin() + first, info_.sector_bytes / info_.program_bytes, false);
    }
    if (fails) {
      throw PowerCut{};
    }
  }

  hal::StoreInfo info_;
  Power *power_;
  std::vector<std::uint8_t> bytes_;
  std::vector<bool> written_;          ///< per program unit, since its sector was erased whole
  std::map<std::uint32_t, Wear> worn_; ///< by sector
  std::uint32_t flips_per_million_ = 0;
  std::minstd_rand flips_;
  Region protected_{};
  std::uint32_t violations_ = 0;
};

static_assert(Flash<FlashSimulator>);

} // namespace tinyml::store
