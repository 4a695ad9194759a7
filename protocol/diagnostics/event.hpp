// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// What a device remembers of its own doings: a ring of small entries, read at /events over CoAP
/// (docs/debugging.md). The ids are a published registry: numbers are never used again.
namespace tinyml::diagnostics {

/// The argument has 24 bits; larger values are cut to the largest.
enum class EventId : std::uint8_t {
  kNone = 0,
  kBoot = 1,              ///< the program started; reset reason as in hal::BootInfo
  kCrashSeen = 2,         ///< the previous run crashed; CrashCause
  kAddress = 3,           ///< the network is up; the low three bytes of the IPv4 address
  kRegistered = 4,        ///< at the LwM2M server
  kRegistrationLost = 5,  ///<
  kUpdateStarted = 6,     ///< a package is coming; 0 pulled, 1 pushed
  kUpdateProgress = 7,    ///< KiB written so far; about every 32 KiB
  kUpdateVerified = 8,    ///< downloaded and verified
  kUpdateApplied = 9,     ///< the new slot is chosen; the device restarts
  kUpdateFailed = 10,     ///< lwm2m::UpdateResult
  kUpdateConfirmed = 11,  ///< a trial image reached its server; 0 store error, 1 good
  kTrialAbandoned = 12,   ///< a trial image reached no server and restarts
  kConnectionLost = 13,   ///< no answer from the package server; failures in a row
  kInference = 14,        ///< class that won, 0xFFFFFF for none
  kStoreError = 15,       ///< a store operation failed
  kClockJump = 16,        ///< the clock ran on by more than a minute unseen; seconds (of 2^30 ns)
  kFrameErrors = 17,      ///< frames thrown away as damaged since the start; told as they double
  kRestart = 18,          ///< the program ends by its own wish
  kFirstOfPrograms = 128, ///< from here on the meaning is the program's own
};

inline constexpr std::uint32_t kMaxEventArgument = 0xFFFFFF;

/// One entry of the ring, and of /events' payload (little-endian).
struct Event {
  std::uint32_t ticks;           ///< since the start of the device, units of 2^20 ns
  std::uint32_t id_and_argument; ///< id in the lowest byte

  [[nodiscard]] constexpr EventId id() const {
    return static_cast<EventId>(id_and_argument & 0xFF);
  }
  [[nodiscard]] constexpr std::uint32_t argument() const { return id_and_argument >> 8; }
  [[nodiscard]] static constexpr Event of(std::uint32_t ticks, EventId id, std::uint32_t argument) {
    const std::uint32_t kept = argument > kMaxEventArgument ? kMaxEventArgument : argument;
    return {ticks, static_cast<std::uint32_t>(id) | (kept << 8)};
  }
};
static_assert(sizeof(Event) == 8);

/// Times in records: nanoseconds without their lowest twenty bits, so that no device divides.
inline constexpr unsigned kTickLog2Ns = 20;
[[nodiscard]] constexpr std::uint32_t ticks_of(std::uint64_t ns) {
  return static_cast<std::uint32_t>(ns >> kTickLog2Ns);
}
[[nodiscard]] constexpr std::uint64_t millis_of_ticks(std::uint32_t ticks) {
  return (std::uint64_t{ticks} << kTickLog2Ns) / 1'000'000;
}

} // namespace tinyml::diagnostics
