// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/header.hpp"
#include "os/store/layout.hpp"

/// What bootloader and image must remember across resets, kept as an append-only log in two regions
/// of the store: docs/image-format.md, "Boot state".
namespace tinyml::store {

/// How the latest update ended. Stored: never renumber.
enum class Outcome : std::uint8_t {
  kNone = 0,       ///< no update yet, or one is under way
  kConfirmed = 1,  ///< the new image confirmed itself
  kRolledBack = 2, ///< it was given its trials and never did
  kRefused = 3,    ///< the bootloader would not start it; BootState::refusal says why
};

struct BootState {
  Slot confirmed = Slot::kNone; ///< the image known to work
  Slot trial = Slot::kNone;     ///< the image to be tried, or being tried
  Slot booted = Slot::kNone;    ///< the image that the bootloader started last
  std::uint8_t trials_left = 0;
  Outcome outcome = Outcome::kNone;
  image::Error refusal = image::Error::kNone;
  image::Version floor{}; ///< older images are refused
  /// The image in the only slot asks for the recovery image, once: it cannot be replaced while it
  /// runs. Stays the confirmed one until the recovery image writes over it.
  bool recovery_wanted = false;

  [[nodiscard]] bool on_trial() const { return trial != Slot::kNone && booted == trial; }

  bool operator==(const BootState &) const = default;
};

inline constexpr std::uint8_t kDefaultTrials = 3;

/// The state after `slot` has been filled and checked: the next boots try it.
[[nodiscard]] BootState with_trial(const BootState &state, Slot slot,
                                   std::uint8_t trials = kDefaultTrials);
/// The state after the running trial image found itself good. `header` is its own.
[[nodiscard]] BootState with_confirmation(const BootState &state, const image::Header &header);
/// The state after a trial that failed.
[[nodiscard]] BootState with_failed_trial(const BootState &state, Outcome outcome,
                                          image::Error refusal);
/// The state in which the next start is the recovery image's.
[[nodiscard]] BootState with_recovery_wanted(const BootState &state);
/// The state when `slot` is about to be written over, though it was confirmed: where there is only
/// one, the recovery image takes its rank.
[[nodiscard]] BootState with_released(const BootState &state, Slot slot);
/// The state when the bootloader is about to start `slot`.
[[nodiscard]] BootState with_boot(const BootState &state, Slot slot);

inline constexpr std::uint32_t kStateRecordBytes = 32;
/// Stores whose program unit is larger are not supported.
inline constexpr std::uint32_t kMaxProgramBytes = 32;

void encode_state(const BootState &state, std::uint32_t sequence,
                  std::span<std::uint8_t, kStateRecordBytes> record);
/// False unless the record is whole: magic, CRC and values. Torn and blank records are not.
[[nodiscard]] bool decode_state(std::span<const std::uint8_t, kStateRecordBytes> record,
                                BootState &state, std::uint32_t &sequence);

/// The log of boot states. The last whole record counts. A record is appended behind the last used
/// place of its region; when the region is full the other one is erased and goes on: at every
/// moment the last whole record lies in a region that is not being erased, so a power cut leaves
/// the old state or the new one. What was written is read again: a place that did not take it is
/// passed over, a region that takes nothing any more left for the other one as long as the last
/// whole record is not in that.
template <Flash F> class BootLog {
public:
  BootLog(F &flash, const Layout &layout) : flash_(flash), layout_(layout) {}

  /// Reads the current state; a log without any gives the default state.
  [[nodiscard]] hal::Status load(BootState &state) {
    state = {};
    sequence_ = 0;
    active_ = 0;
    for (unsigned region = 0; region < 2; ++region) {
      if (const auto status = scan(region, state); status != hal::Status::kOk) {
        return status;
      }
    }
    return find_free();
  }

  /// Makes `state` the current one. load() must have succeeded before.
  [[nodiscard]] hal::Status append(const BootState &state) {
    std::uint8_t record[kStateRecordBytes];
    encode_state(state, sequence_ + 1, record);
    if (next_ < capacity() && write_into_region(record)) {
      return hal::Status::kOk;
    }
    // Always erased before use: a cut during an earlier erase may have left it looking blank.
    const Region &fresh = layout_.boot_state[1 - active_];
    if (flash_.erase(fresh.offset, fresh.size_bytes) != hal::Status::kOk) {
      return hal::Status::kIo;
    }
    active_ = 1 - active_;
    next_ = 0;
    if (write_into_region(record)) {
      return hal::Status::kOk;
    }
    active_ = 1 - active_; // the last whole record is still there, and must not be erased
    return hal::Status::kIo;
  }

private:
  [[nodiscard]] std::uint32_t capacity() const {
    return layout_.boot_state[0].size_bytes / kStateRecordBytes;
  }
  [[nodiscard]] std::uint32_t place(unsigned region, std::uint32_t index) const {
    return layout_.boot_state[region].offset + index * kStateRecordBytes;
  }

  /// At the first place of the active region that takes it.
  bool write_into_region(std::span<const std::uint8_t, kStateRecordBytes> record) {
    while (next_ < capacity()) {
      const std::uint32_t at = place(active_, next_++);
      std::uint8_t found[kStateRecordBytes];
      if (flash_.write(at, record) == hal::Status::kOk &&
          flash_.read(at, found) == hal::Status::kOk &&
          std::memcmp(found, record.data(), sizeof(found)) == 0) {
        ++sequence_;
        return true;
      }
    }
    return false;
  }

  hal::Status scan(unsigned region, BootState &newest) {
    for (std::uint32_t index = 0; index < capacity(); ++index) {
      std::uint8_t record[kStateRecordBytes];
      if (const auto status = flash_.read(place(region, index), record);
          status != hal::Status::kOk) {
        return status;
      }
      BootState state;
      std::uint32_t sequence = 0;
      // Equal numbers: one was written when the other could not be read; the later place is newer.
      if (decode_state(record, state, sequence) &&
          (sequence > sequence_ || (sequence == sequence_ && region == active_))) {
        sequence_ = sequence;
        active_ = region;
        newest = state;
      }
    }
    return hal::Status::kOk;
  }

  /// The place after the last one that is not blank: torn records are skipped, never written over.
  hal::Status find_free() {
    next_ = capacity();
    while (next_ > 0) {
      std::uint8_t record[kStateRecordBytes];
      if (const auto status = flash_.read(place(active_, next_ - 1), record);
          status != hal::Status::kOk) {
        return status;
      }
      if (std::any_of(record, record + sizeof(record),
                      [](std::uint8_t byte) { return byte != 0xFF; })) {
        break;
      }
      --next_;
    }
    // Without any record nothing says that the first region was ever erased.
    next_ = sequence_ == 0 ? capacity() : next_;
    return hal::Status::kOk;
  }

  F &flash_;
  const Layout &layout_;
  std::uint32_t sequence_ = 0; ///< of the newest whole record; 0 when there is none
  std::uint32_t next_ = 0;     ///< free place in the active region
  unsigned active_ = 0;
};

} // namespace tinyml::store
