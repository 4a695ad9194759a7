// SPDX-License-Identifier: Apache-2.0
#include "os/store/boot_state.hpp"

#include "base/crc32.hpp"

namespace tinyml::store {
namespace {

constexpr std::uint32_t kRecordMagic = 0x53424D54; // "TMBS"

/// Offsets of docs/image-format.md, section "Boot state".
enum Offset : std::size_t {
  kMagicAt = 0,
  kSequenceAt = 4,
  kConfirmedAt = 8,
  kTrialAt = 9,
  kBootedAt = 10,
  kTrialsLeftAt = 11,
  kOutcomeAt = 12,
  kRefusalAt = 13,
  kRecoveryAt = 14,
  kMajorAt = 16,
  kMinorAt = 17,
  kPatchAt = 18,
  kBuildAt = 20,
  kCrcAt = 28,
};

bool is_slot(std::uint8_t value) {
  return value <= static_cast<std::uint8_t>(Slot::kB) ||
         value == static_cast<std::uint8_t>(Slot::kNone);
}

} // namespace

BootState with_trial(const BootState &state, Slot slot, std::uint8_t trials) {
  BootState next = state;
  next.trial = slot;
  next.trials_left = trials;
  next.outcome = Outcome::kNone;
  next.refusal = image::Error::kNone;
  return next;
}

BootState with_confirmation(const BootState &state, const image::Header &header) {
  BootState next = state;
  next.confirmed = state.booted;
  next.trial = Slot::kNone;
  next.trials_left = 0;
  next.outcome = Outcome::kConfirmed;
  next.refusal = image::Error::kNone;
  if ((header.flags & image::kFlagRaisesFloor) != 0) {
    next.floor = std::max(state.floor, header.version);
  }
  return next;
}

BootState with_failed_trial(const BootState &state, Outcome outcome, image::Error refusal) {
  BootState next = state;
  next.trial = Slot::kNone;
  next.trials_left = 0;
  next.outcome = outcome;
  next.refusal = refusal;
  return next;
}

BootState with_recovery_wanted(const BootState &state) {
  BootState next = state;
  next.recovery_wanted = true;
  return next;
}

BootState with_released(const BootState &state, Slot slot) {
  BootState next = state;
  next.confirmed = state.confirmed == slot ? other(slot) : state.confirmed;
  return next;
}

BootState with_boot(const BootState &state, Slot slot) {
  BootState next = state;
  next.booted = slot;
  next.recovery_wanted = false;
  if (slot == state.trial) {
    next.trials_left = static_cast<std::uint8_t>(state.trials_left - 1);
  } else if (!state.recovery_wanted || slot != Slot::kA) {
    next.confirmed = slot;
  }
  return next;
}

void encode_state(const BootState &state, std::uint32_t sequence,
                  std::span<std::uint8_t, kStateRecordBytes> record) {
  std::memset(record.data(), 0, record.size());
  std::uint8_t *at = record.data();
  store_le(at + kMagicAt, kRecordMagic);
  store_le(at + kSequenceAt, sequence);
  at[kConfirmedAt] = static_cast<std::uint8_t>(state.confirmed);
  at[kTrialAt] = static_cast<std::uint8_t>(state.trial);
  at[kBootedAt] = static_cast<std::uint8_t>(state.booted);
  at[kTrialsLeftAt] = state.trials_left;
  at[kOutcomeAt] = static_cast<std::uint8_t>(state.outcome);
  at[kRefusalAt] = static_cast<std::uint8_t>(state.refusal);
  at[kMajorAt] = state.floor.major;
  at[kMinorAt] = state.floor.minor;
  at[kRecoveryAt] = state.recovery_wanted ? 1 : 0;
  store_le(at + kPatchAt, state.floor.patch);
  store_le(at + kBuildAt, state.floor.build);
  store_le(at + kCrcAt, crc32(ByteView(at, kCrcAt)));
}

bool decode_state(std::span<const std::uint8_t, kStateRecordBytes> record, BootState &state,
                  std::uint32_t &sequence) {
  const std::uint8_t *at = record.data();
  if (load_le<std::uint32_t>(at + kMagicAt) != kRecordMagic ||
      load_le<std::uint32_t>(at + kCrcAt) != crc32(ByteView(at, kCrcAt)) ||
      !is_slot(at[kConfirmedAt]) || !is_slot(at[kTrialAt]) || !is_slot(at[kBootedAt])) {
    return false;
  }
  sequence = load_le<std::uint32_t>(at + kSequenceAt);
  state.confirmed = static_cast<Slot>(at[kConfirmedAt]);
  state.trial = static_cast<Slot>(at[kTrialAt]);
  state.booted = static_cast<Slot>(at[kBootedAt]);
  state.trials_left = at[kTrialsLeftAt];
  state.outcome = static_cast<Outcome>(at[kOutcomeAt]);
  state.refusal = static_cast<image::Error>(at[kRefusalAt]);
  state.recovery_wanted = at[kRecoveryAt] == 1;
  state.floor = {at[kMajorAt], at[kMinorAt], load_le<std::uint16_t>(at + kPatchAt),
                 load_le<std::uint32_t>(at + kBuildAt)};
  return true;
}

} // namespace tinyml::store
