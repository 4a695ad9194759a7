// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/requirements.hpp"
#include "os/store/boot_state.hpp"

namespace tinyml::store {

/// Why an update is not taken.
enum class UpdateError : std::uint8_t {
  kNone,
  kNotConfirmed,  ///< the running image is itself on trial: the other slot is its way back
  kNotStarted,    ///< begin() has not succeeded, or the update has ended
  kTooLarge,      ///< more than the slot holds, or than was announced
  kGap,           ///< bytes are missing before this block; ask again from written_bytes()
  kRefused,       ///< the header does not suit this device; refusal() says why
  kIncomplete,    ///< finished before all bytes came
  kStore,         ///< the store refused
  kNeedsRecovery, ///< the only slot holds what runs: want_recovery(), then reset
};

/// Puts an image into the slot that is not running, block by block as they arrive. Sectors are
/// erased when the first byte reaches them, so no block takes long. The running and the confirmed
/// image are never touched, and a pending trial of the slot is called off before its first byte
/// changes. Where there is one slot only the recovery image does it, and what was confirmed there
/// is so no more before its first byte changes.
template <Flash F> class UpdateWriter {
public:
  UpdateWriter(F &flash, const Layout &layout) : flash_(flash), layout_(layout) {}

  /// Starts anew; an update under way is dropped. `total_bytes` is the announced size, 0 when it is
  /// not known: then the header tells. `wanted` is checked as soon as the header is there; its slot
  /// size is filled in here.
  [[nodiscard]] UpdateError begin(std::uint32_t total_bytes, const image::Requirements &wanted) {
    slot_ = Slot::kNone;
    finished_ = Slot::kNone;
    written_ = 0;
    pending_ = 0;
    total_ = total_bytes;
    wanted_ = wanted;
    refusal_ = image::Error::kNone;
    BootLog<F> log(flash_, layout_);
    BootState state;
    if (log.load(state) != hal::Status::kOk) {
      return UpdateError::kStore;
    }
    return claim_slot(log, state);
  }

  /// Takes bytes that lie at `offset` of the image. Bytes that came before are skipped, so that a
  /// retransmitted block does no harm.
  [[nodiscard]] UpdateError write(std::uint32_t offset, ByteView bytes) {
    if (slot_ == Slot::kNone) {
      return UpdateError::kNotStarted;
    }
    const std::uint32_t have = written_bytes();
    if (offset > have) {
      return UpdateError::kGap;
    }
    if (bytes.size() <= have - offset) {
      return UpdateError::kNone;
    }
    bytes = bytes.subspan(have - offset);
    if (have > limit() || bytes.size() > limit() - have) {
      return UpdateError::kTooLarge;
    }
    return take(bytes);
  }

  /// Ends the update when all bytes are there. The image is then whole in the slot, but not yet
  /// checked: ask the boot services, then activate().
  [[nodiscard]] UpdateError finish() {
    if (slot_ == Slot::kNone) {
      return UpdateError::kNotStarted;
    }
    if (total_ == 0 || written_bytes() != total_) {
      return UpdateError::kIncomplete;
    }
    const UpdateError error = pending_ == 0 ? UpdateError::kNone : flush();
    finished_ = slot_;
    slot_ = Slot::kNone;
    return error;
  }

  /// The slot that the latest finish() completed; the one being filled before that.
  [[nodiscard]] Slot slot() const { return slot_ == Slot::kNone ? finished_ : slot_; }
  [[nodiscard]] bool busy() const { return slot_ != Slot::kNone; }
  /// Where the next byte goes: a lost connection resumes here.
  [[nodiscard]] std::uint32_t written_bytes() const { return written_ + pending_; }
  /// 0 until announced or told by the header.
  [[nodiscard]] std::uint32_t total_bytes() const { return total_; }
  [[nodiscard]] image::Error refusal() const { return refusal_; }

private:
  UpdateError claim_slot(BootLog<F> &log, const BootState &state) {
    if (state.on_trial()) {
      return UpdateError::kNotConfirmed;
    }
    if (layout_.has_recovery && state.booted == Slot::kB) {
      return UpdateError::kNeedsRecovery;
    }
    const Slot target = other(state.booted);
    const Region &region = layout_.slot(target);
    if (state.booted == Slot::kNone || (target == state.confirmed && !layout_.has_recovery) ||
        flash_.info().program_bytes > kMaxProgramBytes) {
      return UpdateError::kStore;
    }
    if (total_ > region.size_bytes) {
      return UpdateError::kTooLarge;
    }
    if (state.trial != Slot::kNone &&
        log.append(with_failed_trial(state, Outcome::kNone, image::Error::kNone)) !=
            hal::Status::kOk) {
      return UpdateError::kStore;
    }
    wanted_.max_total_bytes = region.size_bytes;
    wanted_.floor = state.floor;
    slot_ = target;
    return UpdateError::kNone;
  }

  [[nodiscard]] std::uint32_t limit() const {
    return total_ != 0 ? total_ : layout_.slot(slot_).size_bytes;
  }

  /// The header is gathered apart, checked, and only then written: a refused update leaves the slot
  /// as it was.
  UpdateError take(ByteView bytes) {
    while (!bytes.empty()) {
      const std::uint32_t wanted = written_ == 0 ? image::kHeaderBytes : unit();
      const std::size_t count = std::min<std::size_t>(wanted - pending_, bytes.size());
      std::memcpy(buffer_ + pending_, bytes.data(), count);
      pending_ += static_cast<std::uint32_t>(count);
      bytes = bytes.subspan(count);
      if (pending_ == wanted) {
        if (const UpdateError error = pass_on(); error != UpdateError::kNone) {
          return error;
        }
      }
      if (const UpdateError error = write_through(bytes); error != UpdateError::kNone) {
        return error;
      }
    }
    return UpdateError::kNone;
  }

  UpdateError pass_on() {
    const UpdateError refused = written_ == 0 ? check_header() : UpdateError::kNone;
    if (refused != UpdateError::kNone) {
      slot_ = Slot::kNone;
      return refused;
    }
    return written_ == 0 && layout_.has_recovery && !release_slot() ? UpdateError::kStore : flush();
  }

  /// From the first byte on the slot is not the one to come back to.
  bool release_slot() {
    BootLog<F> log(flash_, layout_);
    BootState state;
    return log.load(state) == hal::Status::kOk &&
           (state.confirmed != slot_ ||
            log.append(with_released(state, slot_)) == hal::Status::kOk);
  }

  UpdateError check_header() {
    const auto header = image::parse_header(buffer_);
    refusal_ = header ? image::check_header(*header, wanted_) : header.error();
    if (refusal_ == image::Error::kNone && total_ != 0 && total_ != header->total_bytes()) {
      refusal_ = image::Error::kTruncated;
    }
    if (refusal_ != image::Error::kNone) {
      return UpdateError::kRefused;
    }
    total_ = header->total_bytes();
    return UpdateError::kNone;
  }

  /// Whole units that need no gathering go straight to the store.
  UpdateError write_through(ByteView &bytes) {
    const std::size_t count = bytes.size() / unit() * unit();
    if (written_ == 0 || pending_ != 0 || count == 0) {
      return UpdateError::kNone;
    }
    const UpdateError error = program(bytes.first(count));
    bytes = bytes.subspan(count);
    return error;
  }

  UpdateError flush() {
    const std::uint32_t padded = (pending_ + unit() - 1) / unit() * unit();
    std::memset(buffer_ + pending_, 0xFF, padded - pending_);
    const UpdateError error = program(ByteView(buffer_, padded));
    written_ -= padded - pending_;
    pending_ = 0;
    return error;
  }

  UpdateError program(ByteView bytes) {
    const Region &region = layout_.slot(slot_);
    const std::uint32_t sector = flash_.info().sector_bytes;
    while (!bytes.empty()) {
      const std::uint32_t in_sector = written_ % sector;
      const auto part = bytes.first(std::min<std::size_t>(bytes.size(), sector - in_sector));
      const bool good =
          (in_sector != 0 || flash_.erase(region.offset + written_, sector) == hal::Status::kOk) &&
          flash_.write(region.offset + written_, part) == hal::Status::kOk;
      if (!good) {
        slot_ = Slot::kNone;
        return UpdateError::kStore;
      }
      written_ += static_cast<std::uint32_t>(part.size());
      bytes = bytes.subspan(part.size());
    }
    return UpdateError::kNone;
  }

  [[nodiscard]] std::uint32_t unit() const {
    return std::max<std::uint32_t>(flash_.info().program_bytes, 1);
  }

  F &flash_;
  const Layout &layout_;
  image::Requirements wanted_;
  std::uint32_t total_ = 0;
  std::uint32_t written_ = 0; ///< in the slot
  std::uint32_t pending_ = 0; ///< in the buffer
  Slot slot_ = Slot::kNone;
  Slot finished_ = Slot::kNone;
  image::Error refusal_ = image::Error::kNone;
  std::uint8_t buffer_[image::kHeaderBytes];
};

} // namespace tinyml::store
